"""Firefox and WebKit as their own drivers start them: the browsers of visitors that Chromium says nothing about.

Debian: `apt-get install firefox-esr webkit2gtk-driver xvfb`; geckodriver from PATH or `GECKODRIVER`, else Selenium
fetches one.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import NoSuchDriverException
from selenium.webdriver.firefox.service import Service as FirefoxService
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.service import Service as WebKitService

ENGINES = ["firefox", "webkit"]
MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.1/MiniBrowser"


class EngineMissing(Exception):
    """This machine has no such browser."""


@contextmanager
def driven(engine: str, folder: Path) -> Iterator[WebDriver]:
    """A fresh browser. Raises `EngineMissing`."""
    with _firefox() if engine == "firefox" else _webkit(folder) as driver:
        driver.set_page_load_timeout(60)
        driver.set_window_size(1280, 900)
        yield driver


@contextmanager
def _firefox() -> Iterator[WebDriver]:
    binary = shutil.which("firefox-esr") or shutil.which("firefox")
    if not binary:
        raise EngineMissing("Firefox")
    options = webdriver.FirefoxOptions()
    options.binary_location = binary
    options.add_argument("-headless")
    service = FirefoxService(os.environ.get("GECKODRIVER") or shutil.which("geckodriver"))
    try:
        driver = webdriver.Firefox(options, service)
    except NoSuchDriverException:
        raise EngineMissing("geckodriver") from None
    try:
        yield driver
    finally:
        driver.quit()


@contextmanager
def _webkit(folder: Path) -> Iterator[WebDriver]:
    binary = next((str(path) for path in Path("/").glob(MINI_BROWSERS[1:])), None)
    service, server = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    if not (binary and service and server):
        raise EngineMissing("WebKitGTK")
    with _display(server) as display:
        options = webdriver.WebKitGTKOptions()
        options.binary_location = binary
        options.add_argument("--automation")
        environment = os.environ | {"DISPLAY": display, "HOME": str(folder)}  # downloads land in HOME
        driver = webdriver.WebKitGTK(options, service=WebKitService(service, env=environment))
        try:
            yield driver
        finally:
            driver.quit()


@contextmanager
def _display(server: str) -> Iterator[str]:
    """A screen that nobody sees; the server chooses a free number and writes it down."""
    reading, writing = os.pipe()
    command = [server, "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            yield f":{pipe.readline().strip()}"
    finally:
        process.terminate()
        process.wait()
