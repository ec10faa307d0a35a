"""What a reader does with a report, and what the page then shows. Each function is a scenario of browser.py."""

import json
import time

CONTEXTS = {
    "look": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "color_scheme": "dark"},
}


def drawn(page):
    page.wait_for_selector("body[data-drawn]")


def number(text):
    return float(text.replace("\u202f", "").replace("%", "").strip())


def cards(page):
    """The cards of the threshold, by their words."""
    rows = page.eval_on_selector_all(
        "#outcome .card", "cards => cards.map(card => [card.querySelector('span').textContent, card.querySelector('b').textContent])")
    return {name: value for name, value in rows}


def outcome(page):
    shown = cards(page)
    flagged = next(value for name, value in shown.items() if name.endswith("images flagged"))
    counts = {"flagged": int(number(flagged))}
    for name, key in [("found", "found"), ("missed", "missed"), ("false alarms", "falseAlarms"), ("passed", "passed")]:
        if name in shown:
            counts[key] = int(number(shown[name]))
    return counts


def thresholds(page, values):
    """What the page counts at thresholds that are typed, all in one JSON list; and the ranking that it computes."""
    drawn(page)
    counts = []
    for value in json.loads(values):
        page.fill("#threshold", value)
        counts.append({**outcome(page), "command": page.text_content("#command")})
    ranking = page.evaluate("""() => {
        const data = JSON.parse(document.getElementById('data').textContent);
        const ranking = Scores.ranking(Scores.groups(data.scores));
        return ranking && { auroc: ranking.auroc, averagePrecision: ranking.averagePrecision, bestF1: ranking.best.f1, bestThreshold: ranking.best.threshold };
    }""")
    return {"counts": counts, "ranking": ranking}


def slider(page):
    """The line is dragged, and moved by keys."""
    drawn(page)
    steps = []

    def note(what):
        handle = page.locator("#histogram [role=slider]")
        steps.append({"what": what, "value": float(handle.get_attribute("aria-valuenow")), "command": page.text_content("#command"),
                      "number": float(page.input_value("#threshold")), **outcome(page)})

    note("begin")
    page.locator("#histogram").scroll_into_view_if_needed()
    box = page.locator("#histogram svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 100, steps=4)
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 100, steps=4)
    page.mouse.up()
    note("dragged")
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 100)
    note("released")
    for key in ["ArrowRight", "ArrowLeft", "PageUp", "End", "Home"]:
        page.keyboard.press(key)
        note(key)
    page.get_by_role("button", name="the job's").click()
    note("job")
    return steps


def listing(page):
    """Filters and sorting, by what the rows then say."""
    drawn(page)

    def rows():
        page.wait_for_timeout(20)
        return page.eval_on_selector_all(
            "#list tbody tr", "rows => rows.map(row => Array.from(row.cells, cell => cell.textContent))")

    result = {"all": rows(), "headings": page.eval_on_selector_all("#list thead th", "cells => cells.map(cell => cell.textContent)")}
    page.select_option("#filter-status", "flagged")
    result["flagged"] = rows()
    if page.locator("#filter-anomalous").count():
        page.select_option("#filter-status", "not flagged")
        page.select_option("#filter-anomalous", "anomalous")
        result["missed"] = rows()
    result["count"] = page.text_content("#list-count")
    page.get_by_role("button", name="Clear").click()
    page.wait_for_timeout(50)
    result["cleared"] = rows()
    page.fill("#filter-low", "5")
    page.fill("#filter-high", "8")
    result["between"] = rows()
    page.get_by_role("button", name="Clear").click()
    page.fill("#filter-text", "/1.")
    result["named"] = rows()
    page.fill("#filter-text", "")
    page.locator("#list thead button", has_text="image").click()
    result["byName"] = rows()
    page.locator("#list thead button", has_text="score").click()
    page.locator("#list thead button", has_text="score").click()
    result["rising"] = rows()
    return result


def viewer(page):
    """An image opens by the keyboard; its map has values; keys lead to the next and close it."""
    drawn(page)
    result = {"charts": page.eval_on_selector_all("#curves figcaption b", "titles => titles.map(title => title.textContent)")}
    page.locator("#list tbody button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#viewer[data-painted]")
    result["name"] = page.text_content("#viewer-name")
    result["panes"] = page.eval_on_selector_all("#viewer-pictures figcaption", "panes => panes.map(pane => pane.textContent)")
    canvas = page.locator("#viewer-pictures canvas").nth(1)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.1)
    result["inside"] = page.text_content("#viewer-value")
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.9)
    result["outside"] = page.text_content("#viewer-value")

    def pixels(index):
        return page.locator("#viewer-pictures canvas").nth(index).evaluate("canvas => canvas.toDataURL()")

    before = [pixels(index) for index in range(3)]
    page.locator("#viewer-share").focus()
    page.keyboard.press("End")
    after = [pixels(index) for index in range(3)]
    result["sharesChange"] = [one != other for one, other in zip(before, after)]
    page.keyboard.press("Home")
    page.uncheck("#viewer-regions")
    result["overlayIsImage"] = pixels(2) == pixels(0)
    page.select_option("#viewer-mode", "wipe")
    page.locator("#viewer-share").fill("50")
    wiped = pixels(2)
    result["wipes"] = wiped not in (before[2], after[2], pixels(0))
    page.check("#viewer-regions")
    result["outlines"] = pixels(2) != wiped
    canvas.focus()
    page.keyboard.press("ArrowRight")
    result["byKeys"] = page.text_content("#viewer-value")
    page.locator("#viewer-close").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(100)
    result["next"] = page.text_content("#viewer-name")
    page.keyboard.press("Escape")
    result["isClosed"] = not page.locator("#viewer").is_visible()
    return result


def texts(page):
    """What the page shows, and whether anything became more than text."""
    drawn(page)
    page.locator("#list tbody button").first.click()
    page.wait_for_timeout(200)
    text = page.evaluate("document.body.innerText")
    elements = page.evaluate("""() => Array.from(document.querySelectorAll('body *'))
        .filter((element) => element.matches('script:not([type]), iframe, object, embed') && !element.textContent.startsWith('"use strict"')
            || Array.from(element.attributes).some((attribute) => attribute.name.startsWith('on')))
        .map((element) => element.outerHTML)""")
    links = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
    return {"text": text, "elements": elements, "links": links, "title": page.title(), "alarm": page.evaluate("window.alarm ?? null")}


def phone(page, picture=None):
    """Nothing is wider than the screen, and the line is moved by touch."""
    drawn(page)
    before = page.input_value("#threshold")
    page.locator("#histogram").scroll_into_view_if_needed()
    box = page.locator("#histogram svg").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 0.3, box["y"] + 90)
    if picture:
        page.screenshot(path=picture)
    return {"tooWide": page.evaluate("document.documentElement.scrollWidth > innerWidth"), "moved": page.input_value("#threshold") != before,
            "dark": page.evaluate("getComputedStyle(document.body).backgroundColor")}


def speed(page):
    """Milliseconds until the page is drawn, and that one move of the threshold takes."""
    drawn(page)
    timing = page.evaluate("""() => ({
        drawn: performance.now(), paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
    })""")
    parts = page.evaluate("""() => Object.fromEntries(['category', 'source', 'defect'].map((key) => [key, Array.from(
        document.querySelectorAll(`#by-${key} tbody tr`), (row) => Array.from(row.cells, (cell) => cell.textContent))]))""")
    shown = outcome(page)
    page.reload()
    began = time.monotonic()
    drawn(page)
    again = 1000 * (time.monotonic() - began)
    moved = page.evaluate("""() => {
        const number = document.getElementById('threshold');
        const began = performance.now();
        for (let step = 0; step < 50; step += 1) {
            number.value = String(5 + step / 10);
            number.dispatchEvent(new Event('input'));
        }
        return (performance.now() - began) / 50;
    }""")
    return {**timing, "afterReload": again, "move": moved, "parts": parts, "shown": shown,
            "rows": page.locator("#list tbody tr").count(), "count": page.text_content("#list-count"),
            "painted": page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")}


def look(page, folder):
    """Pictures of the page, for a person."""
    drawn(page)
    page.wait_for_timeout(600)
    page.screenshot(path=f"{folder}/top.png")
    page.screenshot(path=f"{folder}/whole.png", full_page=True)
    button = page.locator("#gallery article button").first
    button.scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    page.screenshot(path=f"{folder}/gallery.png")
    button.click()
    page.wait_for_timeout(400)
    page.screenshot(path=f"{folder}/viewer.png")
    return True
