# Completion of foretell for bash.  Written by tools/make-completion: do not edit.
# Copy it to ~/.local/share/bash-completion/completions/foretell, or source it.

_foretell()
{
    # bash splits words at = and :, so the line is read here.
    local line=${COMP_LINE:0:COMP_POINT} names='' words='' options='' values='' program cur option
    local -a args place=()
    read -ra args <<<"$line"
    if [[ -z $line || $line == *[[:space:]] ]]; then
        args+=('')
    fi
    COMPREPLY=()
    program=${args[0]/#\~/$HOME}
    command -v -- "$program" >/dev/null || program=foretell
    if [[ ${args[2]-} == --world && ${#args[@]} -gt 4 ]]; then # it may come before the verb
        place=("${args[@]:2:2}")
        args=("${args[@]:0:2}" "${args[@]:4}")
    fi
    cur=${args[-1]}
    case ${#args[@]} in
        2) words='apt memory world' ;;
        3)
            case ${args[1]} in
                apt) words='install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep replay check compare list policy search show depends rdepends showsrc why why-not footprint modernize-sources sources update download source index' ;;
                memory) words='weights place tiers cma cxl doctor check' ;;
                world) words='add list remove' ;;
            esac
            ;;
        *)
            _foretell_verb "${args[1]} ${args[2]}"
            option=${args[-2]}
            if [[ ${args[2]} == --world ]]; then
                names=worlds
            elif [[ $cur == --*=* ]]; then
                option=${cur%%=*}
                cur=${cur#*=}
                _foretell_value "${args[1]}" "$option"
            elif [[ " $values " == *" $option "* ]]; then
                _foretell_value "${args[1]}" "$option"
            elif [[ $cur == -* ]]; then
                names='' words=$options
            fi
            ;;
    esac
    _foretell_offer
}

_foretell_value()
{
    names='' words=''
    case $1 in
        apt) _foretell_value_apt "$2" ;;
        memory) _foretell_value_memory "$2" ;;
        world) _foretell_value_world "$2" ;;
    esac
}

_foretell_offer()
{
    case $names in
        '') ;;
        FILE | DIR)
            compopt -o filenames 2>/dev/null
            [[ $names == DIR ]] && names=-d || names=-f
            mapfile -t COMPREPLY < <(compgen "$names" -- "$cur")
            ;;
        *)
            mapfile -t COMPREPLY < <(
                "$program" __complete "$names" "$cur" "${args[@]:1}" "${place[@]}" 2>/dev/null
            )
            ;;
    esac
    if [[ $words ]]; then
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$words" -- "$cur")
    fi
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=:] ]]; then
        compopt -o nospace 2>/dev/null
    fi
    # What stands before the last = or : is no part of the word that is replaced.
    local tail=${cur##*["${COMP_WORDBREAKS//[^:=]/}"]}
    if [[ ${COMP_WORDBREAKS//[^:=]/} && $tail != "$cur" && $names != -[df] ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${cur%"$tail"}"}")
    fi
}

_foretell_value_apt()
{
    case $1 in
        -t | --target-release | --default-release) names='suites' ;;
        -o | --option) words='APT::AutoRemove::RecommendsImportant= APT::AutoRemove::SuggestsImportant= APT::Get::Arch-Only= APT::Get::AutomaticRemove= APT::Get::Build-Dep-Automatic= APT::Get::Fix-Policy-Broken= APT::Get::Host-Architecture= APT::Get::Indep-Only= APT::Get::Only-Source= APT::Get::Purge= APT::Install-Recommends= APT::NeverAutoRemove::KernelCount= APT::Install-Suggests= APT::Solver= APT::Solver::RemoveManual= APT::Solver::Strict-Pinning= APT::Get::Always-Include-Phased-Updates= Update-Manager::Always-Include-Phased-Updates= APT::Get::Never-Include-Phased-Updates= Update-Manager::Never-Include-Phased-Updates= APT::Build-Essential::= APT::Build-Profiles::= APT::Install-Recommends-Sections::= APT::Move-Autobit-Sections::= APT::Never-MarkAuto-Sections::= APT::NeverAutoRemove::= APT::VersionedKernelPackages::=' ;;
        --solver) words='3.0 internal' ;;
        --root | --lists) names='DIR' ;;
        --status | --capture | --graph | --output | --known-deviations | --try-file) names='FILE' ;;
        --world) names='worlds' ;;
        --solver-version) words='2.6.1 3.0.3 3.0.4 3.3.3 3.3.5' ;;
        -a | --host-architecture) words='amd64 arm64 armel armhf i386 loong64 mips64el ppc64el riscv64 s390x' ;;
        --stratum) words='default single sets metas mixes swaps removals leaf-removals leaf-removals-desktop purges reinstalls holds no-recommends suggests autoremove autoremove-desktop upgrade upgrade-new full-upgrade satisfy build-dep versions suites strict-pinning no-strict-pinning target-release release-upgrade release-upgrade-new release-full-upgrade release-install auto-remove renamed renamed-full-upgrade renamed-release-full-upgrade normalized normalized-upgrade normalized-full-upgrade normalized-release-install normalized-release-full-upgrade multi-arch multi-arch-sets multi-arch-swaps multi-arch-removals multi-arch-autoremove multi-arch-upgrade multi-arch-upgrade-new multi-arch-full-upgrade multi-arch-part' ;;
        --mark) words='auto= manual= hold= unhold=' ;;
    esac
}

_foretell_value_memory()
{
    case $1 in
        --topology | --hmat | --graph) names='FILE' ;;
        --root | --sysfs) names='DIR' ;;
        --page-size) words='4K 16K 64K' ;;
        --online) words='offline online online_kernel online_movable' ;;
    esac
}

_foretell_value_world()
{
    case $1 in
        --component) words='main contrib non-free non-free-firmware' ;;
        --architecture) words='amd64 arm64 armel armhf i386 loong64 mips64el ppc64el riscv64 s390x' ;;
        --keyring) names='FILE' ;;
        --installed) names='FILE' words='empty minimal' ;;
    esac
}

_foretell_verb()
{
    case $1 in
        'apt install')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --why --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --why --surprises --capture --graph'
            names='packages'
            ;;
        'apt remove')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --why --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --why --surprises --capture --graph'
            names='installed'
            ;;
        'apt purge')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --why --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --why --surprises --capture --graph'
            names='installed'
            ;;
        'apt reinstall')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --why --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --why --surprises --capture --graph'
            names='installed'
            ;;
        'apt autoremove')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --why --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --why --surprises --capture --graph'
            names='installed'
            ;;
        'apt upgrade')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --why --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --why --surprises --capture --graph'
            names='installed'
            ;;
        'apt full-upgrade')
            options='-h --help --normalize -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --why --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --why --surprises --capture --graph'
            names='installed'
            ;;
        'apt satisfy')
            options='-h --help -P --build-profiles -a --host-architecture -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --why --surprises --capture --graph --as-python'
            values='-P --build-profiles -a --host-architecture -t --target-release --default-release -o --option --solver --root --status --world --solver-version --why --surprises --capture --graph'
            names='packages'
            ;;
        'apt build-dep')
            options='-h --help -P --build-profiles -a --host-architecture -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --why --surprises --capture --graph --as-python --arch-only --indep-only --only-source'
            values='-P --build-profiles -a --host-architecture -t --target-release --default-release -o --option --solver --root --status --world --solver-version --why --surprises --capture --graph'
            names='sources'
            ;;
        'apt replay')
            options='-h --help -V --verbose-versions -q --quiet --json --surprises --explain --graph --as-python'
            values='--surprises --graph'
            names='FILE'
            ;;
        'apt check')
            options='-h --help --json --requests --seed --stratum --all --queries --screens --explanations --jobs --trace --reduce --record --output --mark --root --here --own --solver-version -o --option --solver --known-deviations'
            values='--requests --seed --stratum --jobs --output --mark --root --solver-version -o --option --solver --known-deviations'
            names='packages' words='install remove purge reinstall autoremove upgrade full-upgrade'
            ;;
        'apt compare')
            options='-h --help --available --full -t --target-release -o --option --solver --json --root --status --world --solver-version'
            values='-t --target-release -o --option --solver --root --status --world --solver-version'
            names='packages' words='install remove purge reinstall autoremove upgrade full-upgrade'
            ;;
        'apt list')
            options='-h --help -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --color --no-color --no-pager --json -i --installed -u --upgradable --upgradeable --manual-installed -a --all-versions -v --verbose'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            names='packages'
            ;;
        'apt policy')
            options='-h --help --explain -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --color --no-color --no-pager --json --try --try-file --name --full --apply -y --yes --undo'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version --try --try-file --name'
            names='packages'
            ;;
        'apt search')
            options='-h --help -n --names-only -f --full -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --color --no-color --no-pager --json'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            ;;
        'apt show')
            options='-h --help -a --all-versions -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --color --no-color --no-pager --json'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            names='packages'
            ;;
        'apt depends')
            options='-h --help -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --color --no-color --no-pager --json -i --important --no-important --installed --no-installed --implicit --no-implicit --recurse --no-recurse -a --all-versions --pre-depends --no-pre-depends --depends --no-depends --recommends --no-recommends --suggests --no-suggests --replaces --no-replaces --breaks --no-breaks --conflicts --no-conflicts --enhances --no-enhances'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            names='packages'
            ;;
        'apt rdepends')
            options='-h --help -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --color --no-color --no-pager --json -i --important --no-important --installed --no-installed --implicit --no-implicit --recurse --no-recurse --pre-depends --no-pre-depends --depends --no-depends --recommends --no-recommends --suggests --no-suggests --replaces --no-replaces --breaks --no-breaks --conflicts --no-conflicts --enhances --no-enhances'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            names='packages'
            ;;
        'apt showsrc')
            options='-h --help --only-source -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --color --no-color --no-pager --json'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            names='packages'
            ;;
        'apt why')
            options='-h --help --all --graph -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --color --no-color --no-pager --json'
            values='--graph -t --target-release --default-release -o --option --root --status --world --solver-version'
            names='installed'
            ;;
        'apt why-not')
            options='-h --help --full --graph -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --color --no-color --no-pager --json'
            values='--graph -t --target-release --default-release -o --option --root --status --world --solver-version'
            names='packages'
            ;;
        'apt footprint')
            options='-h --help -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --color --no-color --no-pager --json --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver --empty --cuts --full --as-python'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version --solver --cuts'
            names='packages'
            ;;
        'apt modernize-sources')
            options='-h --help -y --yes --assume-yes --assume-no --check --keep-order --undo --json --root -o --option'
            values='--root -o --option'
            ;;
        'apt sources')
            options='-h --help --strict --json --root -o --option'
            values='--root -o --option'
            ;;
        'apt update')
            options='-h --help -o --option -q --quiet --root --world --lists --json'
            values='-o --option --root --world --lists'
            ;;
        'apt download')
            options='-h --help -t --target-release --default-release -o --option --print-uris -q --quiet --root --status --world --solver-version'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            names='packages'
            ;;
        'apt source')
            options='-h --help -t --target-release --default-release -o --option --print-uris -q --quiet --root --status --world --solver-version'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            names='sources'
            ;;
        'apt index')
            options='-h --help --root --status --world --solver-version'
            values='--root --status --world --solver-version'
            ;;
        'memory weights')
            options='-h --help --json --bw --topology --hmat --root --kernel --then --better --most --apply -y --yes --sysfs'
            values='--bw --topology --hmat --root --kernel --then --most --sysfs'
            ;;
        'memory place')
            options='-h --help --json --bw --topology --hmat --root --kernel --policy --start --pages --offset --order --weights --local --page-size --pid --check --ranges'
            values='--bw --topology --hmat --root --kernel --policy --start --pages --offset --order --weights --local --page-size --pid'
            ;;
        'memory tiers')
            options='-h --help --json --bw --topology --hmat --root --kernel --device --graph'
            values='--bw --topology --hmat --root --kernel --device --graph'
            ;;
        'memory cma')
            options='-h --help --json --need --cmdline --live --root --nodes --page-size --no-huge-pages --buddy-order --block-order --configured --base --limit --fixed --order-per-bit --kernel'
            values='--need --cmdline --root --nodes --page-size --buddy-order --block-order --configured --base --limit --order-per-bit --kernel'
            ;;
        'memory cxl')
            options='-h --help --json --kernel --online --movable-gigantic --steps'
            values='--kernel --online'
            ;;
        'memory doctor')
            options='-h --help --json --root'
            values='--root'
            ;;
        'memory check')
            options='-h --help --json --kernels --cases --seed'
            values='--kernels --cases --seed'
            ;;
        'world add')
            options='-h --help --suite --component --architecture --keyring --trusted --installed -q --quiet'
            values='--suite --component --architecture --keyring --installed'
            ;;
        'world list')
            options='-h --help --json'
            ;;
        'world remove')
            options='-h --help'
            names='worlds'
            ;;
    esac
}

complete -F _foretell foretell
