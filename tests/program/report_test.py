"""The report in real headless Chromium, driven through ChromeDriver's WebDriver protocol: it loads without console
errors and without asking the network for anything, sorts and filters, and shows the numbers of a cell under the
pointer and of the next one by the arrow keys.

    report_test.py DIGON [SCREENSHOTS]    # leaves screenshots in that folder
"""
import base64
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

program = str(pathlib.Path(sys.argv[1]).resolve())
screenshots = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
driver = shutil.which("chromedriver")
chromium = shutil.which("chromium")
if not driver or not chromium:
    print("Chromium and ChromeDriver are not installed: skipped")
    sys.exit(77)


class Browser:
    """One session of ChromeDriver."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.process = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.root = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                self.call("GET", "/status")
                break
            except OSError:
                time.sleep(0.1)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     f"--user-data-dir={folder}/profile", "--window-size=1280,900"]
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"binary": chromium, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.root += "/session/" + session["sessionId"]
        # The tab that the browser opens with asks for things of its own: it is left, and what it asked for read away.
        self.call("POST", "/url", {"url": "about:blank"})
        self.requests()

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            self.process.kill()
            raise RuntimeError(f"{path}: {error.read().decode()[:300]}") from error

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": f"return (async () => {{{script}}})()",
                                                   "args": list(arguments)})

    def keys(self, *keys):
        actions = [action for key in keys for action in ({"type": "keyDown", "value": key},
                                                         {"type": "keyUp", "value": key})]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def point_at(self, x, y):
        self.call("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": [
            {"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y)}]}]})

    def requests(self):
        """What was asked for since it was last looked."""
        messages = [json.loads(entry["message"])["message"] for entry in
                    self.call("POST", "/se/log", {"type": "performance"})]
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]

    def shoot(self, name):
        if screenshots:
            screenshots.mkdir(parents=True, exist_ok=True)
            (screenshots / f"{name}.png").write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def device(self, width, height, scheme):
        """A screen of that size whose system is light or dark."""
        for command, parameters in (
                ("Emulation.setDeviceMetricsOverride",
                 {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}),
                ("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})):
            self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.process.terminate()
            self.process.wait(10)


def column(browser, k):
    return browser.run("return [...document.querySelectorAll('#verdict tbody tr')].map(r => "
                       f"r.cells[{k}].textContent)")


def open_page(browser, page):
    """Opens it and waits until its script has shown the figures."""
    browser.call("POST", "/url", {"url": page.as_uri()})
    for _ in range(200):
        if browser.run("return document.body.dataset.figures === 'shown' && document.body.dataset.points === "
                       "'ready' && [...document.images].every(i => i.complete)"):
            return
        time.sleep(0.05)
    raise AssertionError(f"{page}: the figures are not shown")


def check_page(browser, page, has_verdict):
    open_page(browser, page)
    assert page.stat().st_size < 2_000_000, page.stat().st_size
    images = browser.run("return [...document.images].map(i => [i.complete && i.naturalWidth > 0, i.alt])")
    assert all(loaded and alt for loaded, alt in images), images
    if has_verdict:
        click = "document.querySelectorAll('#verdict th button')[arguments[0]].click()"
        browser.run(click, 0)
        ids = column(browser, 0)
        assert ids == sorted(ids, key=lambda text: (text.split("/")[0], text)) or ids != ids[::-1]
        assert browser.run("return document.querySelector('#verdict th').getAttribute('aria-sort')") == "ascending"
        browser.run(click, 0)
        assert column(browser, 0) == ids[::-1]
        browser.run(click, 2)
        numbers = [float(text) for text in column(browser, 2) if text.replace(".", "", 1).isdigit()]
        assert numbers == sorted(numbers) and len(numbers) > 3
        browser.run("const w = document.getElementById('words'); w.value = 'polygon norm'; "
                    "w.dispatchEvent(new Event('input'))")
        left = browser.run("return [...document.querySelectorAll('#verdict tbody tr')].filter(r => "
                           "!r.hidden).map(r => r.cells[0].textContent)")
        assert left and all("polygon" in name for name in left), left
        shown = browser.run("return document.getElementById('shown').textContent")
        assert shown.startswith(f"{len(left)} of "), shown
        browser.run("const w = document.getElementById('words'); w.value = ''; "
                    "w.dispatchEvent(new Event('input'))")
    errors = [entry for entry in browser.call("POST", "/se/log", {"type": "browser"})
              if entry["level"] in ("SEVERE", "WARNING")]
    assert not errors, errors
    asked_for = [url for url in browser.requests() if not url.startswith(("file:", "data:", "blob:"))]
    assert not asked_for, asked_for


def check_pointing(browser, name):
    """Points at a dot in the middle of the figure's list, reads its numbers, and steps on by keyboard."""
    plot = ("const plot = [...document.querySelectorAll('.plot[data-points]')].findLast(p => "
            "p.dataset.points.includes(arguments[0])); ")
    x, y, candidates = browser.run(plot + """
        plot.scrollIntoView({block: "center"});
        const bytes = Uint8Array.from(atob(document.getElementById(plot.dataset.points).textContent),
                                      c => c.charCodeAt(0));
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
        const area = (await new Response(stream).json()).areas[0];
        const [x, y] = area.points[Math.floor(area.points.length / 2)];
        const box = plot.querySelector("img").getBoundingClientRect();
        const near = area.points.filter(p => Math.hypot((p[0] - x) * box.width, (p[1] - y) * box.height) < 2);
        return [box.left + x * box.width, box.top + y * box.height, near.map(p => p.slice(3, 5))];""", name)
    browser.point_at(x, y)
    tip = browser.run(plot + "const tip = plot.querySelector('.tip'); return tip.hidden ? '' : tip.innerText", name)
    # Dots that lie on one another may stand for each other.
    assert any(all(value in tip for value in values) for values in candidates), (tip, candidates)
    browser.shoot(f"pointing-{name}")
    browser.run(plot + "plot.focus({preventScroll: true})", name)
    said = []
    for key in ("\ue014", "\ue012", "\ue013"):  # right, left, up
        browser.keys(key)
        said.append(browser.run(plot + "return plot.querySelector('.unseen').textContent", name))
    assert len(set(said)) > 1 and all(said), said
    browser.keys("\ue00c")  # escape
    assert browser.run(plot + "return plot.querySelector('.tip').hidden", name)


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)

    def digon(*words):
        done = subprocess.run([program, *words], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    pages = [pathlib.Path(argument) for argument in sys.argv[3:]]
    digon("report", "--suite", "theory", "--out", "theory")
    digon("train", "--features", "5", "--hidden", "2", "--density", "1", "0.1", "--importance", "0.9^i", "--steps",
          "1500", "--learning-rate", "0.003", "--out", "run")
    digon("report", "--model", "run/weights.safetensors", "--populations", "1", "--out", "model")
    browser = Browser(folder)
    try:
        check_page(browser, folder / "theory" / "report.html", True)
        browser.shoot("theory")
        check_page(browser, folder / "model" / "report.html", False)
        check_pointing(browser, "decomposition")
        browser.shoot("model")
        for page in pages:
            check_page(browser, page.resolve(), True)
            for figure in ("phase-2-1", "geometry-uniform"):
                check_pointing(browser, figure)
        last = (pages or [folder / "theory" / "report.html"])[-1].resolve()
        for scheme, width, height in (("dark", 1280, 900), ("light", 390, 844), ("dark", 390, 844)):
            browser.device(width, height, scheme)
            open_page(browser, last)
            wide = browser.run("return document.documentElement.scrollWidth")
            assert wide <= width, (wide, width)
            if pages:  # the key figures, and a line a part, on the first screen
                bottom = browser.run("return [...document.querySelectorAll('.keys a, main > nav li')].map(e => "
                                     "e.getBoundingClientRect().bottom)")
                assert len(bottom) > 20 and max(bottom) < height, (scheme, width, max(bottom))
            color = browser.run("return getComputedStyle(document.body).backgroundColor")
            assert (color == "rgb(255, 255, 255)") == (scheme == "light"), (scheme, color)
            browser.shoot(f"{scheme}-{width}")
    finally:
        browser.close()
print("the pages load without errors or requests, sort, filter, and can be pointed at")
