# Completion of foretell for bash.  Written by tools/make-completion: do not edit.
# Copy it to /usr/share/bash-completion/completions/foretell, or source it.

_foretell()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local domain=${COMP_WORDS[1]-} verb=${COMP_WORDS[2]-}
    local options='' values='' files='' folders='' choices='' word=''
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W 'apt memory world' -- "$cur")
        return
    fi
    if ((COMP_CWORD == 2)); then
        case $domain in
            apt) options='install remove purge reinstall autoremove upgrade full-upgrade satisfy build-dep replay check compare list policy search show depends rdepends why why-not modernize-sources sources update download source index' ;;
            memory) options='weights place tiers cma cxl doctor check' ;;
            world) options='add list remove' ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
        return
    fi
    case "$domain $verb" in
        'apt install')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --surprises --capture --graph'
            files='--status --capture --graph'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt remove')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --surprises --capture --graph'
            files='--status --capture --graph'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt purge')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --surprises --capture --graph'
            files='--status --capture --graph'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt reinstall')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --surprises --capture --graph'
            files='--status --capture --graph'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt autoremove')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --surprises --capture --graph'
            files='--status --capture --graph'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt upgrade')
            options='-h --help -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --surprises --capture --graph'
            files='--status --capture --graph'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt full-upgrade')
            options='-h --help --normalize -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --surprises --capture --graph --as-python'
            values='-t --target-release --default-release -o --option --solver --root --status --world --solver-version --surprises --capture --graph'
            files='--status --capture --graph'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt satisfy')
            options='-h --help -P --build-profiles -a --host-architecture -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --surprises --capture --graph --as-python'
            values='-P --build-profiles -a --host-architecture -t --target-release --default-release -o --option --solver --root --status --world --solver-version --surprises --capture --graph'
            files='--status --capture --graph'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='relation'
            ;;
        'apt build-dep')
            options='-h --help -P --build-profiles -a --host-architecture -t --target-release --default-release -o --option --install-recommends --no-install-recommends --install-suggests --no-install-suggests --strict-pinning --no-strict-pinning --fix-policy --reinstall --only-upgrade --no-new-pkgs --with-new-pkgs --purge --auto-remove --autoremove --solver -V --verbose-versions -q --quiet -s --simulate --just-print --dry-run --recon --no-act --print-uris -y --yes --assume-yes --root --status --world --solver-version --json --explain --surprises --capture --graph --as-python --arch-only --indep-only --only-source'
            values='-P --build-profiles -a --host-architecture -t --target-release --default-release -o --option --solver --root --status --world --solver-version --surprises --capture --graph'
            files='--status --capture --graph'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='source'
            ;;
        'apt replay')
            options='-h --help -V --verbose-versions -q --quiet --json --surprises --explain --graph --as-python'
            values='--surprises --graph'
            files='--graph'
            word='FILE'
            ;;
        'apt check')
            options='-h --help --json --requests --seed --stratum --all --queries --jobs --trace --reduce --record --output --mark --root --here --own --solver-version -o --option --solver --known-deviations'
            values='--requests --seed --stratum --jobs --output --mark --root --solver-version -o --option --solver --known-deviations'
            files='--output --known-deviations'
            folders='--root'
            word='request'
            ;;
        'apt compare')
            options='-h --help --available --full -t --target-release -o --option --solver --json --root --status --world --solver-version'
            values='-t --target-release -o --option --solver --root --status --world --solver-version'
            files='--status'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='word'
            ;;
        'apt list')
            options='-h --help -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --json -i --installed -u --upgradable --upgradeable --manual-installed -a --all-versions -v --verbose'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            files='--status'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='pattern'
            ;;
        'apt policy')
            options='-h --help --explain -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --json --try --try-file --name --full --apply -y --yes --undo'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version --try --try-file --name'
            files='--status --try-file'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt search')
            options='-h --help -n --names-only -f --full -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --json'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            files='--status'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='word'
            ;;
        'apt show')
            options='-h --help -a --all-versions -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --json'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            files='--status'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt depends')
            options='-h --help -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --json -i --important --installed -a --all-versions --no-pre-depends --no-depends --no-recommends --no-suggests --no-replaces --no-breaks --no-conflicts --no-enhances'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            files='--status'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt rdepends')
            options='-h --help -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --json -i --important --installed -a --all-versions --no-pre-depends --no-depends --no-recommends --no-suggests --no-replaces --no-breaks --no-conflicts --no-enhances'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            files='--status'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt why')
            options='-h --help --all --graph -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --json'
            values='--graph -t --target-release --default-release -o --option --root --status --world --solver-version'
            files='--graph --status'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt why-not')
            options='-h --help --full --graph -t --target-release --default-release -o --option -q --quiet --root --status --world --solver-version --json'
            values='--graph -t --target-release --default-release -o --option --root --status --world --solver-version'
            files='--graph --status'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt modernize-sources')
            options='-h --help -y --yes --assume-yes --assume-no --check --keep-order --undo --json --root -o --option'
            values='--root -o --option'
            folders='--root'
            ;;
        'apt sources')
            options='-h --help --strict --json --root -o --option'
            values='--root -o --option'
            folders='--root'
            ;;
        'apt update')
            options='-h --help -o --option -q --quiet --root --world --lists --json'
            values='-o --option --root --world --lists'
            folders='--root --lists'
            ;;
        'apt download')
            options='-h --help -t --target-release --default-release -o --option --print-uris -q --quiet --root --status --world --solver-version'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            files='--status'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt source')
            options='-h --help -t --target-release --default-release -o --option --print-uris -q --quiet --root --status --world --solver-version'
            values='-t --target-release --default-release -o --option --root --status --world --solver-version'
            files='--status'
            folders='--root'
            choices='--world:auto,host,embedded'
            word='package'
            ;;
        'apt index')
            options='-h --help --root --status --world --solver-version'
            values='--root --status --world --solver-version'
            files='--status'
            folders='--root'
            choices='--world:auto,host,embedded'
            ;;
        'memory weights')
            options='-h --help --json --bw --topology --hmat --root --kernel --then --better --most --apply -y --yes --sysfs'
            values='--bw --topology --hmat --root --kernel --then --most --sysfs'
            files='--topology --hmat'
            folders='--root --sysfs'
            ;;
        'memory place')
            options='-h --help --json --bw --topology --hmat --root --kernel --policy --start --pages --offset --order --weights --local --page-size --pid --check --ranges'
            values='--bw --topology --hmat --root --kernel --policy --start --pages --offset --order --weights --local --page-size --pid'
            files='--topology --hmat'
            folders='--root'
            choices='--page-size:4096,16384,65536'
            ;;
        'memory tiers')
            options='-h --help --json --bw --topology --hmat --root --kernel --device --graph'
            values='--bw --topology --hmat --root --kernel --device --graph'
            files='--topology --hmat --graph'
            folders='--root'
            ;;
        'memory cma')
            options='-h --help --json --need --cmdline --live --root --nodes --page-size --no-huge-pages --buddy-order --block-order --configured --base --limit --fixed --order-per-bit --kernel'
            values='--need --cmdline --root --nodes --page-size --buddy-order --block-order --configured --base --limit --order-per-bit --kernel'
            folders='--root'
            ;;
        'memory cxl')
            options='-h --help --json --kernel --online --movable-gigantic --steps'
            values='--kernel --online'
            choices='--online:offline,online,online_kernel,online_movable'
            word='plan|boot'
            ;;
        'memory doctor')
            options='-h --help --json --root'
            values='--root'
            folders='--root'
            ;;
        'memory check')
            options='-h --help --json --kernels --cases --seed'
            values='--kernels --cases --seed'
            ;;
        'world add')
            options='-h --help --suite --component --architecture --keyring --trusted --installed -q --quiet'
            values='--suite --component --architecture --keyring --installed'
            files='--keyring'
            word='name'
            ;;
        'world list')
            options='-h --help --json'
            ;;
        'world remove')
            options='-h --help'
            word='name'
            ;;
        *)
            return
            ;;
    esac
    if [[ $cur == '=' ]]; then
        cur=''
    elif [[ $prev == '=' ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case " $files " in *" $prev "*) _foretell_files -f "$cur"; return ;; esac
    case " $folders " in *" $prev "*) _foretell_files -d "$cur"; return ;; esac
    local choice
    for choice in $choices; do
        if [[ ${choice%%:*} == "$prev" ]]; then
            choice=${choice#*:}
            mapfile -t COMPREPLY < <(compgen -W "${choice//,/ }" -- "$cur")
            return
        fi
    done
    case " $values " in *" $prev "*) return ;; esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
    elif [[ $word == FILE ]]; then
        _foretell_files -f "$cur"
    elif [[ $word == package ]] && command -v apt-cache >/dev/null; then
        mapfile -t COMPREPLY < <(apt-cache --no-generate pkgnames -- "$cur" 2>/dev/null)
    fi
}

_foretell_files()
{
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

complete -F _foretell foretell
