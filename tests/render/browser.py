"""How does a test look at a page as a person would: in Debian's Chromium, by mouse and keyboard?"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

PROGRAMS = ("chromium", "chromedriver")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--window-size=1400,900",
)


def missing_programs() -> list[str]:
    """Return the programs that are not here."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


class Browser:
    """One Chromium, for all tests of a module; every page is opened anew."""

    def __init__(self, *flags: str) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (*_FLAGS, *flags):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # The driver is named, so that selenium looks for none elsewhere.
        service = Service(executable_path=shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_page_load_timeout(60)

    def close(self) -> None:
        self.driver.quit()

    def open(self, path: Path) -> None:
        """Open a file, and wait until its script has drawn."""
        self.driver.get(path.as_uri())
        assert self.js("return document.body.dataset.ready") == "yes", self.complaints()

    def js(self, code: str, *arguments: object) -> object:
        return self.driver.execute_script(code, *arguments)

    def complaints(self) -> list[str]:
        """Return what the browser's console says: errors, and what the policy refused."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the last call."""
        events = (json.loads(row["message"]) for row in self.driver.get_log("performance"))
        return [
            event["message"]["params"]["request"]["url"]
            for event in events
            if event["message"]["method"] == "Network.requestWillBeSent"
        ]

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def names(self, classes: str = "") -> set[str]:
        """Return the titles of the nodes that are drawn, with some classes."""
        code = "return [...document.querySelectorAll(arguments[0])].map((e) => e.dataset.name)"
        found = self.js(code, f"#view .node{classes}")
        assert isinstance(found, list)
        return set(found)

    def node(self, name: str) -> WebElement:
        return self.one(f'#view .node[data-name="{name}"]')

    def click(self, name: str) -> None:
        """Click on the words of a node."""
        self.bring(name)
        self.node(name).find_element(By.CSS_SELECTOR, ".name").click()

    def bring(self, name: str) -> None:
        """Bring a node into sight, as coming to it by keyboard does."""
        self.js("arguments[0].focus()", self.node(name))

    def click_knob(self, name: str) -> None:
        self.bring(name)
        self.node(name).find_element(By.CSS_SELECTOR, ".knob text").click()

    def press(self, *keys: str) -> None:
        """Press keys wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def search(self, text: str) -> None:
        box = self.one("#find")
        box.clear()
        box.send_keys(text)

    def focused(self) -> str:
        return str(self.js("return document.activeElement.dataset.name ?? ''"))

    def details(self) -> str:
        return self.one("#details").text


KEYS = Keys
