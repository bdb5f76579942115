# Completion of foretell for fish.  Written by tools/make-completion: do not edit.
# Copy it to ~/.config/fish/completions/foretell.fish

# The words before the cursor; the world may come before the verb.
function __foretell_words
    set -l words (commandline -opc)
    if test (count $words) -gt 3; and test "$words[3]" = --world
        set -e words[3..4]
    end
    printf '%s\n' $words
end

function __foretell_count
    test (count (__foretell_words)) -eq $argv[1]
end

function __foretell_domain
    set -l words (__foretell_words)
    test (count $words) -eq 2; and test "$words[2]" = $argv[1]
end

function __foretell_world_first
    set -l words (commandline -opc)
    test "$words[2]" = apt; and test (count $words) -eq 2 -o "$words[3]" = --world
    and test (count $words) -le 3
end

function __foretell_verb
    set -l words (__foretell_words)
    test (count $words) -gt 2; and test "$words[2]" = $argv[1]; and contains -- $words[3] $argv[2..]
end

function __foretell_value
    string replace -r -- '^--[a-z-]+=' '' (commandline -ct)
end

function __foretell_ask
    set -l words (commandline -opc)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    type -q -- $program; or set program foretell
    $program __complete $argv[1] (__foretell_value) $words[2..] 2>/dev/null
end

function __foretell_folders
    __fish_complete_directories (__foretell_value) ''
end

complete -c foretell -f
complete -c foretell -n '__foretell_count 1' -s h -l help -d 'show the domains'
complete -c foretell -n '__foretell_count 1' -l version -d 'show the version'
complete -c foretell -n __foretell_world_first -l world -x -a '(__foretell_ask worlds)'
complete -c foretell -n '__foretell_count 1' -a apt -d 'which packages get installed, removed or kept, as apt 3.0\'s solver decides'
complete -c foretell -n '__foretell_count 1' -a memory -d 'where the kernel puts memory: weights, nodes, tiers'
complete -c foretell -n '__foretell_count 1' -a world -d 'which systems there are to ask about by name'
complete -c foretell -n '__foretell_domain apt' -a install -d 'plan the installation of packages'
complete -c foretell -n '__foretell_domain apt' -a remove -d 'plan the removal of packages'
complete -c foretell -n '__foretell_domain apt' -a purge -d 'plan a removal with configuration files'
complete -c foretell -n '__foretell_domain apt' -a reinstall -d 'plan the same version once more'
complete -c foretell -n '__foretell_domain apt' -a autoremove -d 'plan the removal of unused packages'
complete -c foretell -n '__foretell_domain apt' -a upgrade -d 'plan an upgrade that removes nothing'
complete -c foretell -n '__foretell_domain apt' -a full-upgrade -d 'plan an upgrade that may remove'
complete -c foretell -n '__foretell_domain apt' -a satisfy -d 'plan what fulfils dependency strings'
complete -c foretell -n '__foretell_domain apt' -a build-dep -d 'plan what building a source needs'
complete -c foretell -n '__foretell_domain apt' -a replay -d 'answer a captured question once more'
complete -c foretell -n '__foretell_domain apt' -a check -d 'compare predictions with the real apt'
complete -c foretell -n '__foretell_domain apt' -a compare -d 'compare two systems, plans, solvers or versions'
complete -c foretell -n '__foretell_domain apt' -a list -d 'list packages and their versions'
complete -c foretell -n '__foretell_domain apt' -a policy -d 'show the priorities of versions'
complete -c foretell -n '__foretell_domain apt' -a search -d 'search names and descriptions'
complete -c foretell -n '__foretell_domain apt' -a show -d 'show the records of packages'
complete -c foretell -n '__foretell_domain apt' -a depends -d 'show what packages need'
complete -c foretell -n '__foretell_domain apt' -a rdepends -d 'show what needs packages'
complete -c foretell -n '__foretell_domain apt' -a why -d 'say what keeps a package installed'
complete -c foretell -n '__foretell_domain apt' -a why-not -d 'say what keeps a package out'
complete -c foretell -n '__foretell_domain apt' -a footprint -d 'weigh what packages bring along, and find what costs most'
complete -c foretell -n '__foretell_domain apt' -a modernize-sources -d 'turn sources of one line each into stanzas'
complete -c foretell -n '__foretell_domain apt' -a sources -d 'find what is wrong or out of date in the sources'
complete -c foretell -n '__foretell_domain apt' -a update -d 'fetch and verify the package lists of a system'
complete -c foretell -n '__foretell_domain apt' -a download -d 'fetch the .deb files of packages into this folder'
complete -c foretell -n '__foretell_domain apt' -a source -d 'fetch the files of source packages into this folder'
complete -c foretell -n '__foretell_domain apt' -a index -d 'build or verify the index of the archive'
complete -c foretell -n '__foretell_domain memory' -a weights -d 'say which weight weighted interleaving gives each node'
complete -c foretell -n '__foretell_domain memory' -a place -d 'say on which node every page of a mapping lies'
complete -c foretell -n '__foretell_domain memory' -a tiers -d 'say in which tier each node is and where it is demoted to'
complete -c foretell -n '__foretell_domain memory' -a check -d 'compare predictions with real kernels on random machines'
complete -c foretell -n '__foretell_domain world' -a add -d 'make a world of an archive, its keys and an installed state'
complete -c foretell -n '__foretell_domain world' -a list -d 'show the worlds'
complete -c foretell -n '__foretell_domain world' -a remove -d 'remove worlds with their lists'
complete -c foretell -n '__foretell_verb apt install satisfy list policy show depends rdepends why-not footprint download' -a '(__foretell_ask packages)'
complete -c foretell -n '__foretell_verb apt remove purge reinstall autoremove upgrade full-upgrade why' -a '(__foretell_ask installed)'
complete -c foretell -n '__foretell_verb apt build-dep source' -a '(__foretell_ask sources)'
complete -c foretell -n '__foretell_verb apt replay' -F
complete -c foretell -n '__foretell_verb apt check' -a 'install remove purge reinstall autoremove upgrade full-upgrade (__foretell_ask packages)'
complete -c foretell -n '__foretell_verb world remove' -a '(__foretell_ask worlds)'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep replay check compare list policy search show depends rdepends why why-not footprint modernize-sources sources update download source index' -s h -l help -d 'show this help message and exit'
complete -c foretell -n '__foretell_verb memory weights place tiers check' -s h -l help -d 'show this help message and exit'
complete -c foretell -n '__foretell_verb world add list remove' -s h -l help -d 'show this help message and exit'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep download source' -s t -l target-release -l default-release -x -a '(__foretell_ask suites)' -d 'prefer this release (priority 990)'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep modernize-sources sources update download source' -s o -l option -x -a 'APT::AutoRemove::RecommendsImportant= APT::AutoRemove::SuggestsImportant= APT::Get::Arch-Only= APT::Get::AutomaticRemove= APT::Get::Build-Dep-Automatic= APT::Get::Fix-Policy-Broken= APT::Get::Host-Architecture= APT::Get::Indep-Only= APT::Get::Only-Source= APT::Get::Purge= APT::Install-Recommends= APT::NeverAutoRemove::KernelCount= APT::Install-Suggests= APT::Solver= APT::Solver::RemoveManual= APT::Solver::Strict-Pinning= APT::Get::Always-Include-Phased-Updates= Update-Manager::Always-Include-Phased-Updates= APT::Get::Never-Include-Phased-Updates= Update-Manager::Never-Include-Phased-Updates= APT::Build-Essential::= APT::Build-Profiles::= APT::Install-Recommends-Sections::= APT::Move-Autobit-Sections::= APT::Never-MarkAuto-Sections::= APT::NeverAutoRemove::= APT::VersionedKernelPackages::=' -d 'set an apt.conf option'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l install-recommends -d 'APT::Install-Recommends=1'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l no-install-recommends -d 'APT::Install-Recommends=0'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l install-suggests -d 'APT::Install-Suggests=1'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l no-install-suggests -d 'APT::Install-Suggests=0'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l strict-pinning -d 'APT::Solver::Strict-Pinning=1'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l no-strict-pinning -d 'APT::Solver::Strict-Pinning=0'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l fix-policy -d 'APT::Get::Fix-Policy-Broken=1'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l reinstall -d 'APT::Get::ReInstall=1'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l only-upgrade -d 'APT::Get::Only-Upgrade=1'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l no-new-pkgs -d 'APT::Get::Upgrade-Allow-New=0'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l with-new-pkgs -d 'APT::Get::Upgrade-Allow-New=1'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l purge -d 'APT::Get::Purge=1'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l auto-remove -d 'APT::Get::AutomaticRemove=1'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l autoremove -d 'APT::Get::AutomaticRemove=1'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep footprint' -l solver -x -a '3.0 internal' -d '3.0, another name that begins with 3., or internal: the classic one (default: the one that the system\'s own apt asks)'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep replay' -s V -l verbose-versions -d 'show full versions'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep' -s q -l quiet -d 'leave out the line of progress, twice'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep' -s s -l simulate -l just-print -l dry-run -l recon -l no-act -l print-uris -d 'accepted: nothing is ever changed'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep' -s y -l yes -l assume-yes -d 'accepted, ignored'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep compare list policy search show depends rdepends why why-not footprint modernize-sources sources update download source index' -l root -x -a '(__foretell_folders)' -d 'the system below DIR (default: this one)'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep compare list policy search show depends rdepends why why-not footprint download source index' -l status -r -F -d 'another dpkg status file'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep compare list policy search show depends rdepends why why-not footprint download source index' -l world -x -a '(__foretell_ask worlds)' -d 'this system, the Debian that comes with foretell (default: whichever is there), or a name from "foretell world list"'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep list policy search show depends rdepends why why-not footprint download source index' -l solver-version -x -a '2.6.1 3.0.3 3.0.4 3.3.3 3.3.5' -d 'apt to predict: 2.6.1, 3.0.3, 3.0.4, 3.3.3 or 3.3.5 (default: the system\'s own)'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep replay' -l json -d 'schema foretell.apt.plan/1'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep' -l explain -d 'say after the plan which solver decides, and why'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep replay' -l surprises -x -d 'show so many of the plan\'s surprises, 0 for none (default: Foretell::Surprises of apt.conf, else 3)'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep' -l capture -r -F -d 'write the whole problem for a replay'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep replay why why-not' -l graph -r -F -d 'draw the reasons: FILE ends in .html (a page), .svg (an image), .dot or .json'
complete -c foretell -n '__foretell_verb memory tiers' -l graph -r -F -d 'draw the reasons: FILE ends in .html (a page), .svg (an image), .dot or .json'
complete -c foretell -n '__foretell_verb apt install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep replay footprint' -l as-python -d 'print the library call instead'
complete -c foretell -n '__foretell_verb apt full-upgrade' -l normalize -d 'forget what was installed automatically, as apt does with --solver 3.1 --auto-remove, and compare with a plain upgrade and a fresh installation; --json has schema foretell.apt.normalize/1'
complete -c foretell -n '__foretell_verb apt satisfy build-dep' -s P -l build-profiles -x -d 'APT::Build-Profiles (default: DEB_BUILD_PROFILES)'
complete -c foretell -n '__foretell_verb apt satisfy build-dep' -s a -l host-architecture -x -a 'amd64 arm64 armel armhf i386 loong64 mips64el ppc64el riscv64 s390x' -d 'APT::Get::Host-Architecture'
complete -c foretell -n '__foretell_verb apt build-dep' -l arch-only -d 'APT::Get::Arch-Only=1'
complete -c foretell -n '__foretell_verb apt build-dep' -l indep-only -d 'APT::Get::Indep-Only=1'
complete -c foretell -n '__foretell_verb apt build-dep' -l only-source -d 'APT::Get::Only-Source=1'
complete -c foretell -n '__foretell_verb apt replay' -s q -l quiet
complete -c foretell -n '__foretell_verb apt replay' -l explain -d 'say which solver decided, and why'
complete -c foretell -n '__foretell_verb apt check' -l json -d 'schema foretell.apt.check/1'
complete -c foretell -n '__foretell_verb apt check' -l requests -x -d 'of each stratum; default: 100, and 20 of this machine\'s own apt'
complete -c foretell -n '__foretell_verb apt check' -l seed -x -d 'default: 1'
complete -c foretell -n '__foretell_verb apt check' -l stratum -x -a 'default single sets metas mixes swaps removals leaf-removals leaf-removals-desktop purges reinstalls holds no-recommends suggests autoremove autoremove-desktop upgrade upgrade-new full-upgrade satisfy build-dep versions suites strict-pinning no-strict-pinning target-release release-upgrade release-upgrade-new release-full-upgrade release-install auto-remove renamed renamed-full-upgrade renamed-release-full-upgrade normalized normalized-upgrade normalized-full-upgrade normalized-release-install normalized-release-full-upgrade multi-arch multi-arch-sets multi-arch-swaps multi-arch-removals multi-arch-autoremove multi-arch-upgrade multi-arch-upgrade-new multi-arch-full-upgrade multi-arch-part' -d 'which requests, on which root (default: default): default: install 1 to 5 packages (trixie-minimal); single: install one package (trixie-minimal); sets: install 2 to 8 packages (server); metas: install 1 or 2 of task-*, *-desktop, *-dev, *-all, *-full, *-meta and tasks as task^ (trixie-minimal); mixes: install 1 to 3 packages and remove 1 or 2: half of them installed, half of them not (trixie-minimal); swaps: install 1 to 3 packages and remove 1 to 3 that nothing depends on, or any one (server); removals: remove 1 to 3 installed packages (server); leaf-removals: remove or purge 1 to 3 installed packages that nothing depends on (server); leaf-removals-desktop: remove or purge 1 to 3 installed packages that nothing depends on (desktop); purges: purge 1 or 2 installed packages (desktop); reinstalls: reinstall 1 to 3 installed packages (server); holds: put 1 to 8 installed packages on hold, then install 1 to 4 and perhaps remove one (held); no-recommends: install 2 to 8 packages (server); suggests: install 2 to 8 packages (trixie-minimal); autoremove: remove what is unused after 1 to 12 packages became automatic, perhaps one by name (server); autoremove-desktop: remove what is unused after 1 to 12 packages became automatic, perhaps one by name (desktop); upgrade: upgrade without new packages, after a few marks changed, half of them with words (rolling); upgrade-new: upgrade with new packages, after a few marks changed, half of them with words (rolling); full-upgrade: upgrade fully, after a few marks changed, half of them with words (rolling); satisfy: satisfy 1 to 4 relations of up to 3 alternatives, each sixth a conflict (trixie-minimal); build-dep: get the build dependencies of 1 or 2 sources, for some builds only in part (trixie-minimal); versions: install 1 to 3 packages in a version named with = (mixed); suites: install 1 or 2 packages from a suite named with / (mixed); strict-pinning: install 1 to 4 packages, each third in a version named with = (mixed); no-strict-pinning: install 1 to 4 packages, each third in a version named with = (mixed); target-release: install 2 to 8 packages (mixed); release-upgrade: upgrade without new packages, after a few marks changed, half of them with words (aged); release-upgrade-new: upgrade with new packages, after a few marks changed, half of them with words (aged); release-full-upgrade: upgrade fully, after a few marks changed, half of them with words (aged); release-install: install 1 to 3 packages and remove 1 to 3 that nothing depends on, or any one (aged); auto-remove: upgrade fully, after a few marks changed, half of them with words (rolling); renamed: install 1 to 3 packages and remove 1 to 3 that nothing depends on, or any one (aged); renamed-full-upgrade: upgrade fully, after a few marks changed, half of them with words (rolling); renamed-release-full-upgrade: upgrade fully, after a few marks changed, half of them with words (aged); normalized: install 1 to 3 packages and remove 1 to 3 that nothing depends on, or any one (server); normalized-upgrade: upgrade without new packages, after a few marks changed, half of them with words (rolling); normalized-full-upgrade: upgrade fully, after a few marks changed, half of them with words (rolling); normalized-release-install: install 1 to 3 packages and remove 1 to 3 that nothing depends on, or any one (aged); normalized-release-full-upgrade: upgrade fully, after a few marks changed, half of them with words (aged); multi-arch: install 1 to 4 packages, half of them of a foreign architecture (multi-arch); multi-arch-sets: install 1 to 4 packages, half of them of a foreign architecture (wine); multi-arch-swaps: install and remove 1 or 2 packages each, half of them of a foreign architecture (wine); multi-arch-removals: remove or purge 1 to 3 packages, half foreign, two in three that nothing depends on (wine); multi-arch-autoremove: remove what is unused after 1 to 12 packages became automatic, perhaps one by name (wine); multi-arch-upgrade: upgrade without new packages, after a few marks changed, half of them with words (wine-rolling); multi-arch-upgrade-new: upgrade with new packages, after a few marks changed, half of them with words (wine-rolling); multi-arch-full-upgrade: upgrade fully, after a few marks changed, half of them with words (wine-rolling); multi-arch-part: install and remove 1 or 2 packages each, half of them of a foreign architecture (wine-rolling)'
complete -c foretell -n '__foretell_verb apt check' -l all -d 'every stratum, as a table'
complete -c foretell -n '__foretell_verb apt check' -l queries -d 'what list, search, show and their kin print'
complete -c foretell -n '__foretell_verb apt check' -l jobs -x -d 'strata of --all at a time; default: 1'
complete -c foretell -n '__foretell_verb apt check' -l trace -d 'show the first step at which the searches part'
complete -c foretell -n '__foretell_verb apt check' -l reduce -d 'shrink the disagreement and write a case file'
complete -c foretell -n '__foretell_verb apt check' -l record -d 'write apt\'s answers into the case files named'
complete -c foretell -n '__foretell_verb apt check' -l output -r -F -d 'where --reduce writes the case'
complete -c foretell -n '__foretell_verb apt check' -l mark -x -a 'auto= manual= hold= unhold=' -d 'first change the state: auto, manual, hold or unhold of an installed package'
complete -c foretell -n '__foretell_verb apt check' -l root -x -a '(__foretell_folders)' -d 'default: the stratum\'s, below the oracle'
complete -c foretell -n '__foretell_verb apt check' -l here -d 'this machine and its own apt; reports, never fails'
complete -c foretell -n '__foretell_verb apt check' -l own -d 'the root\'s own apt-get, without options: which solver decides is left to it'
complete -c foretell -n '__foretell_verb apt check' -l solver-version -x -a '2.6.1 3.0.3 3.0.4 3.3.3 3.3.5' -d 'default: 3.0.3 if libapt is there; --all takes several'
complete -c foretell -n '__foretell_verb apt check compare' -s o -l option -x -a 'APT::AutoRemove::RecommendsImportant= APT::AutoRemove::SuggestsImportant= APT::Get::Arch-Only= APT::Get::AutomaticRemove= APT::Get::Build-Dep-Automatic= APT::Get::Fix-Policy-Broken= APT::Get::Host-Architecture= APT::Get::Indep-Only= APT::Get::Only-Source= APT::Get::Purge= APT::Install-Recommends= APT::NeverAutoRemove::KernelCount= APT::Install-Suggests= APT::Solver= APT::Solver::RemoveManual= APT::Solver::Strict-Pinning= APT::Get::Always-Include-Phased-Updates= Update-Manager::Always-Include-Phased-Updates= APT::Get::Never-Include-Phased-Updates= Update-Manager::Never-Include-Phased-Updates= APT::Build-Essential::= APT::Build-Profiles::= APT::Install-Recommends-Sections::= APT::Move-Autobit-Sections::= APT::Never-MarkAuto-Sections::= APT::NeverAutoRemove::= APT::VersionedKernelPackages::='
complete -c foretell -n '__foretell_verb apt check' -l solver -x -a '3.0 internal' -d '3.0, or internal: the classic one (default: 3.0)'
complete -c foretell -n '__foretell_verb apt check' -l known-deviations -r -F -d 'default: the project\'s corpus'
complete -c foretell -n '__foretell_verb apt compare' -l available -d 'without a request: what the two sides\' lists offer, not what is installed'
complete -c foretell -n '__foretell_verb apt compare' -l full -d 'all causes, however many'
complete -c foretell -n '__foretell_verb apt compare' -s t -l target-release -x -a '(__foretell_ask suites)'
complete -c foretell -n '__foretell_verb apt compare' -l solver -x -a '3.0 internal' -d 'twice: the two solvers, internal (the classic one) and 3.0, of one version unless --solver-version is given twice as well'
complete -c foretell -n '__foretell_verb apt compare' -l json -d 'schema foretell.apt.compare/1, or foretell.apt.difference/1'
complete -c foretell -n '__foretell_verb apt compare' -l solver-version -x -a '2.6.1 3.0.3 3.0.4 3.3.3 3.3.5' -d 'apt to predict: 2.6.1, 3.0.3, 3.0.4, 3.3.3 or 3.3.5 (default: the system\'s own, and the newest)'
complete -c foretell -n '__foretell_verb apt list policy search show depends rdepends why why-not footprint' -s t -l target-release -l default-release -x -a '(__foretell_ask suites)'
complete -c foretell -n '__foretell_verb apt list policy search show depends rdepends why why-not footprint' -s o -l option -x -a 'APT::AutoRemove::RecommendsImportant= APT::AutoRemove::SuggestsImportant= APT::Get::Arch-Only= APT::Get::AutomaticRemove= APT::Get::Build-Dep-Automatic= APT::Get::Fix-Policy-Broken= APT::Get::Host-Architecture= APT::Get::Indep-Only= APT::Get::Only-Source= APT::Get::Purge= APT::Install-Recommends= APT::NeverAutoRemove::KernelCount= APT::Install-Suggests= APT::Solver= APT::Solver::RemoveManual= APT::Solver::Strict-Pinning= APT::Get::Always-Include-Phased-Updates= Update-Manager::Always-Include-Phased-Updates= APT::Get::Never-Include-Phased-Updates= Update-Manager::Never-Include-Phased-Updates= APT::Build-Essential::= APT::Build-Profiles::= APT::Install-Recommends-Sections::= APT::Move-Autobit-Sections::= APT::Never-MarkAuto-Sections::= APT::NeverAutoRemove::= APT::VersionedKernelPackages::=' -d 'as apt.conf(5)'
complete -c foretell -n '__foretell_verb apt list policy search show depends rdepends why why-not footprint' -s q -l quiet -d 'accepted, ignored'
complete -c foretell -n '__foretell_verb apt list' -l json -d 'schema foretell.apt.list/1'
complete -c foretell -n '__foretell_verb apt list' -s i -l installed -d 'only what is installed'
complete -c foretell -n '__foretell_verb apt list' -s u -l upgradable -l upgradeable
complete -c foretell -n '__foretell_verb apt list' -l manual-installed -d '... on somebody\'s request'
complete -c foretell -n '__foretell_verb apt list show' -s a -l all-versions -d 'every version of each'
complete -c foretell -n '__foretell_verb apt list' -s v -l verbose -d 'show what each is, too'
complete -c foretell -n '__foretell_verb apt policy' -l explain -d 'name the pin behind each priority'
complete -c foretell -n '__foretell_verb apt policy' -l json -d 'schema foretell.apt.policy/1'
complete -c foretell -n '__foretell_verb apt policy' -l try -x -d 'show what this preference would change: \'Package: … Pin: … Pin-Priority: …\'; more than once for more of them'
complete -c foretell -n '__foretell_verb apt policy' -l try-file -r -F -d 'the same for all preferences in a file; - is standard input'
complete -c foretell -n '__foretell_verb apt policy' -l name -x -d 'the file below preferences.d that they would be in (default: foretell.pref)'
complete -c foretell -n '__foretell_verb apt policy' -l full -d 'all packages, also those not installed'
complete -c foretell -n '__foretell_verb apt policy' -l apply -d 'ask, then write the file'
complete -c foretell -n '__foretell_verb apt policy' -s y -l yes -d 'write without asking'
complete -c foretell -n '__foretell_verb memory weights' -s y -l yes -d 'write without asking'
complete -c foretell -n '__foretell_verb apt policy' -l undo -d 'remove the file that --apply wrote under that name'
complete -c foretell -n '__foretell_verb apt search' -s n -l names-only -d 'look at names alone'
complete -c foretell -n '__foretell_verb apt search' -s f -l full -d 'show whole descriptions'
complete -c foretell -n '__foretell_verb apt search' -l json -d 'schema foretell.apt.search/1'
complete -c foretell -n '__foretell_verb apt show' -l json -d 'schema foretell.apt.show/1'
complete -c foretell -n '__foretell_verb apt depends' -l json -d 'schema foretell.apt.depends/1'
complete -c foretell -n '__foretell_verb apt depends rdepends' -s i -l important -d 'only PreDepends and Depends'
complete -c foretell -n '__foretell_verb apt depends rdepends' -l installed -d 'only on what is installed'
complete -c foretell -n '__foretell_verb apt depends rdepends' -s a -l all-versions -d 'of every version'
complete -c foretell -n '__foretell_verb apt depends rdepends' -l no-pre-depends
complete -c foretell -n '__foretell_verb apt depends rdepends' -l no-depends
complete -c foretell -n '__foretell_verb apt depends rdepends' -l no-recommends
complete -c foretell -n '__foretell_verb apt depends rdepends' -l no-suggests
complete -c foretell -n '__foretell_verb apt depends rdepends' -l no-replaces
complete -c foretell -n '__foretell_verb apt depends rdepends' -l no-breaks
complete -c foretell -n '__foretell_verb apt depends rdepends' -l no-conflicts
complete -c foretell -n '__foretell_verb apt depends rdepends' -l no-enhances
complete -c foretell -n '__foretell_verb apt rdepends' -l json -d 'schema foretell.apt.rdepends/1'
complete -c foretell -n '__foretell_verb apt why' -l all -d 'all minimal chains, up to 20'
complete -c foretell -n '__foretell_verb apt why' -l json -d 'schema foretell.apt.why/1'
complete -c foretell -n '__foretell_verb apt why-not' -l full -d 'the whole chain, however long'
complete -c foretell -n '__foretell_verb apt why-not' -l json -d 'schema foretell.apt.why-not/1'
complete -c foretell -n '__foretell_verb apt footprint' -l json -d 'schema foretell.apt.footprint/1'
complete -c foretell -n '__foretell_verb apt footprint' -l empty -d 'into a root with only the essential packages and what they need, as the builders of containers do'
complete -c foretell -n '__foretell_verb apt footprint' -l cuts -x -d 'show up to N savings of each kind, each solved again (default: 3)'
complete -c foretell -n '__foretell_verb apt footprint' -l full -d 'the whole tree, however long'
complete -c foretell -n '__foretell_verb apt modernize-sources' -s y -l yes -l assume-yes -d 'write without asking'
complete -c foretell -n '__foretell_verb apt modernize-sources' -l assume-no -d 'show what would be written, never ask'
complete -c foretell -n '__foretell_verb apt modernize-sources' -l check -d 'write nothing; exit status 1 when there is something to modernize'
complete -c foretell -n '__foretell_verb apt modernize-sources' -l keep-order -d 'join suites only where that keeps the order of preference'
complete -c foretell -n '__foretell_verb apt modernize-sources' -l undo -d 'bring back what the last run replaced'
complete -c foretell -n '__foretell_verb apt modernize-sources' -l json -d 'schema foretell.apt.modernize/1'
complete -c foretell -n '__foretell_verb apt sources' -l strict -d 'exit status 1 for warnings, too'
complete -c foretell -n '__foretell_verb apt sources' -l json -d 'schema foretell.apt.sources/1'
complete -c foretell -n '__foretell_verb apt update' -s q -l quiet -d 'no progress; twice: only what failed'
complete -c foretell -n '__foretell_verb apt update' -l world -x -a '(__foretell_ask worlds)' -d 'a named world'
complete -c foretell -n '__foretell_verb apt update' -l lists -x -a '(__foretell_folders)' -d 'keep the lists in DIR'
complete -c foretell -n '__foretell_verb apt update' -l json -d 'schema foretell.apt.update/1'
complete -c foretell -n '__foretell_verb apt download source' -l print-uris -d 'print what would be fetched'
complete -c foretell -n '__foretell_verb apt download source' -s q -l quiet -d 'say less'
complete -c foretell -n '__foretell_verb memory weights' -l json -d 'schema foretell.memory.weights/1'
complete -c foretell -n '__foretell_verb memory weights place tiers' -l bw -x -d 'nodes and their bandwidths, such as 0=40G,1=12G'
complete -c foretell -n '__foretell_verb memory weights place tiers' -l topology -r -F -d 'a topology file'
complete -c foretell -n '__foretell_verb memory weights place tiers' -l hmat -r -F -d 'an ACPI HMAT table'
complete -c foretell -n '__foretell_verb memory weights place tiers' -l root -x -a '(__foretell_folders)' -d 'the sysfs below DIR (default: this machine)'
complete -c foretell -n '__foretell_verb memory weights place tiers' -l kernel -x -d 'the kernel that is asked about'
complete -c foretell -n '__foretell_verb memory weights' -l then -x -d 'add:N[=BW], remove:N, set:N=TEXT or auto:TEXT, in this order'
complete -c foretell -n '__foretell_verb memory weights' -l better -d 'small weights that use more of the bandwidth'
complete -c foretell -n '__foretell_verb memory weights' -l most -x -d 'largest weight of --better (32)'
complete -c foretell -n '__foretell_verb memory weights' -l apply -d 'write them to the running kernel'
complete -c foretell -n '__foretell_verb memory weights' -l sysfs -x -a '(__foretell_folders)' -d 'where --apply finds sys (/)'
complete -c foretell -n '__foretell_verb memory place' -l json -d 'schema foretell.memory.place/1'
complete -c foretell -n '__foretell_verb memory place' -l policy -x -d 'such as \'weighted interleave:0-2\''
complete -c foretell -n '__foretell_verb memory place' -l start -x -d 'where the mapping starts (0)'
complete -c foretell -n '__foretell_verb memory place' -l pages -x -d 'how many pages it has'
complete -c foretell -n '__foretell_verb memory place' -l offset -x -d 'page offset of a mapped file'
complete -c foretell -n '__foretell_verb memory place' -l order -x -d 'order of the folios (0)'
complete -c foretell -n '__foretell_verb memory place' -l weights -x -d 'weights instead of the machine\'s'
complete -c foretell -n '__foretell_verb memory place' -l local -x -d 'the node the thread runs on (0)'
complete -c foretell -n '__foretell_verb memory place' -l page-size -x -a '4096 16384 65536' -d 'bytes of a page'
complete -c foretell -n '__foretell_verb memory place' -l pid -x -d 'the mappings of a process instead'
complete -c foretell -n '__foretell_verb memory place' -l check -d 'with --pid: ask move_pages(2)'
complete -c foretell -n '__foretell_verb memory place' -l ranges -d 'every run of pages on one node'
complete -c foretell -n '__foretell_verb memory tiers' -l json -d 'schema foretell.memory.tiers/1'
complete -c foretell -n '__foretell_verb memory tiers' -l device -x -d 'what one more device would change: node N, such as 3=16G@250ns'
complete -c foretell -n '__foretell_verb memory check' -l json -d 'schema foretell.memory.check/1'
complete -c foretell -n '__foretell_verb memory check' -l kernels -x -d 'kernels to start (default: all that are there)'
complete -c foretell -n '__foretell_verb memory check' -l cases -x -d 'machines for each (1), and a quarter more whose memory comes later'
complete -c foretell -n '__foretell_verb memory check' -l seed -x -d 'which random machines (1)'
complete -c foretell -n '__foretell_verb world add' -l suite -x -d 'may be given more than once'
complete -c foretell -n '__foretell_verb world add' -l component -x -a 'main contrib non-free non-free-firmware' -d 'default: main; more than once'
complete -c foretell -n '__foretell_verb world add' -l architecture -x -a 'amd64 arm64 armel armhf i386 loong64 mips64el ppc64el riscv64 s390x' -d 'the first is the native one (default: that of this system)'
complete -c foretell -n '__foretell_verb world add' -l keyring -r -F -d 'the keys that the archive is signed with'
complete -c foretell -n '__foretell_verb world add' -l trusted -d 'do without signatures'
complete -c foretell -n '__foretell_verb world add' -l installed -r -F -a 'empty minimal' -d 'what is installed: nothing, a minimal system, as a dpkg status file says, as in the system below DIR'
complete -c foretell -n '__foretell_verb world add' -s q -l quiet -d 'say less, as for update'
complete -c foretell -n '__foretell_verb world list' -l json -d 'schema foretell.world.list/1'
