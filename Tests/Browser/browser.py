"""Opens a page in the system's Chromium and lets a scenario use it.

    python3 browser.py SCENARIOS.py NAME PAGE [ARGUMENT...]

SCENARIOS.py has a function NAME(page, *arguments), where page is Playwright's. What it returns is printed as JSON, with what went wrong in the
page and which requests were for anything but local files.
"""

import importlib.util
import json
import os
import shutil
import sys

from playwright.sync_api import sync_playwright


def main(scenarios, name, target, *arguments):
    spec = importlib.util.spec_from_file_location("scenarios", scenarios)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    faults, requests = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome"),
            # Chromium's sandbox refuses root, which containers run tests as.
            chromium_sandbox=os.geteuid() != 0,
            # No name resolves: a request that is missed below fails all the same.
            args=["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
        )
        context = browser.new_context(**getattr(module, "CONTEXTS", {}).get(name, {}))
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(("file:", "data:", "blob:")) else requests.append(request.url))
        url = target if "://" in target else "file://" + os.path.abspath(target)
        page.goto(url)
        result = getattr(module, name)(page, *arguments)
        browser.close()
    own = [request for request in requests if not request.startswith(url.split("?")[0].rsplit("/", 1)[0])]
    json.dump({"result": result, "faults": faults, "requests": own}, sys.stdout)


main(*sys.argv[1:])
