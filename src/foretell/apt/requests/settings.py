"""Which apt.conf(5) settings bear on a decision, and how is a configuration made of them alone?

Captures and the embedded world carry `VALUES` and `LISTS` and nothing else: no path, no proxy, no
hook.  What a command line asks under a configuration is here as well.
"""

from __future__ import annotations

from foretell.apt.syntax.configuration import DEFAULTS, Configuration, set_option
from foretell.apt.system.phasing import ALWAYS_OPTIONS, NEVER_OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from foretell.apt.requests.request import Request

    Settings = Mapping[str, str | list[str]]

__all__ = ["LISTS", "VALUES", "configured_request", "decisive_settings", "settled_configuration"]

VALUES = (
    "APT::AutoRemove::RecommendsImportant",
    "APT::AutoRemove::SuggestsImportant",
    "APT::Get::Arch-Only",
    "APT::Get::AutomaticRemove",
    "APT::Get::Build-Dep-Automatic",
    "APT::Get::Fix-Policy-Broken",
    "APT::Get::Host-Architecture",
    "APT::Get::Indep-Only",
    "APT::Get::Only-Source",
    "APT::Get::Purge",
    "APT::Install-Recommends",
    "APT::NeverAutoRemove::KernelCount",
    "APT::Install-Suggests",
    "APT::Solver",
    "APT::Solver::RemoveManual",
    "APT::Solver::Strict-Pinning",
    *ALWAYS_OPTIONS,
    *NEVER_OPTIONS,
)
LISTS = (
    "APT::Build-Essential",
    "APT::Build-Profiles",
    "APT::Install-Recommends-Sections",
    "APT::Move-Autobit-Sections",
    "APT::Never-MarkAuto-Sections",
    "APT::NeverAutoRemove",
    "APT::VersionedKernelPackages",
)


def decisive_settings(configuration: Configuration) -> dict[str, str | list[str]]:
    """Return the settings of `VALUES` and `LISTS` that are set, by name.

    >>> configuration = settled_configuration("/nonexistent", "amd64", {})
    >>> decisive_settings(configuration)["APT::Build-Essential"]
    ['build-essential']
    """
    found: dict[str, str | list[str]] = {}
    for name in VALUES:
        value = configuration.find(name)
        if value:
            found[name] = value
    for name in LISTS:
        values = configuration.find_list(name)
        if values:
            found[name] = values
    return found


def settled_configuration(
    root: str, native: str, settings: Settings, options: Iterable[str] = ()
) -> Configuration:
    """Return apt's defaults with ``settings`` over them, then the ``-o`` values of ``options``.

    No file is read; ``root`` is where paths would be.  Raises `InputError` for a setting that
    the configuration refuses and `UsageError` for a broken option.
    """
    configuration = Configuration(root)
    configuration.set("APT::Architecture", native)
    for name, value in DEFAULTS:
        configuration.set(name, value)
    configuration.move_subtree("Binary::apt")
    for name, given in settings.items():
        configuration.clear(name)
        if isinstance(given, str):
            configuration.set(name, given)
            continue
        for value in given:
            configuration.set(f"{name}::", value)
    for option in options:
        set_option(configuration, option)
    return configuration


def configured_request(verb: str, words: list[str], configuration: Configuration) -> Request:
    """Return the request that a command line makes under a configuration (apt-get(8), apt(8)).

    Raises `UsageError` for what is not modelled.
    """
    from foretell.apt.requests.request import Request

    find = configuration.find_bool
    return Request(
        verb,
        words,
        reinstall=find("APT::Get::ReInstall"),
        only_upgrade=find("APT::Get::Only-Upgrade"),
        allow_new=find("APT::Get::Upgrade-Allow-New", True),
        auto_remove=find("APT::Get::AutomaticRemove"),
        purge=find("APT::Get::Purge"),
    )
