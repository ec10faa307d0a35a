"""What somebody sees who looks at a running job."""


def renews(page):
    """The page as it is after it has renewed itself: what is shown, and that nothing of it is lost on the way."""
    first = page.inner_text("#head")
    # The script replaces what has changed: the time since the beginning does, within some seconds.
    page.wait_for_function("before => document.querySelector('#head').innerText !== before", arg=first, timeout=120_000)
    page.wait_for_function("[...document.querySelectorAll('.gallery img')].every(image => image.complete && image.naturalWidth > 0)")
    return {
        "title": page.title(),
        "pictures": page.locator(".gallery img").count(),
        "flagged": page.locator("figure.flagged").count(),
        "workers": page.locator("#workers tbody tr").count(),
        "failures": page.locator("#failures tbody tr").count(),
        "silent": page.evaluate("document.body.classList.contains('silent')"),
        "script": page.evaluate("document.scripts.length"),
    }
