/// The files that the page loads: nothing is inline, so that its policy allows no script and no style but these.
public enum StatusPageFiles {
    /// Fetches the page again and replaces those of its parts that have changed. The coordinator escapes all text; nothing is evaluated.
    public static let script = """
        "use strict";
        (() => {
          async function refresh() {
            try {
              const answer = await fetch(location.pathname, { cache: "no-store", credentials: "same-origin" });
              if (!answer.ok) throw new Error(String(answer.status));
              const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
              for (const part of document.querySelectorAll("[data-part]")) {
                const next = fresh.getElementById(part.id);
                if (next && next.innerHTML !== part.innerHTML) part.replaceChildren(...next.childNodes);
              }
              document.title = fresh.title;
              document.body.classList.remove("silent");
            } catch {
              document.body.classList.add("silent");
            }
            setTimeout(refresh, document.hidden ? 5000 : 1000);
          }
          setTimeout(refresh, 1000);
        })();

        """

    /// A grid with a place that stands out.
    public static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#456" d="M1 1h6v6H1zM9 1h6v6H9zM1 9h6v6H1z"/>\
        <path fill="#f90" d="M9 9h6v6H9z"/></svg>

        """

    public static let style = """
        :root { color-scheme: light dark; --line: #8886; --soft: #8881; --strong: #0b6; --bad: #c33; --note: #888; }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 76rem; padding: 1rem 1.5rem 3rem; font: 15px/1.45 system-ui, sans-serif; }
        h1 { margin: 0.5rem 0 0; font-size: 1.6rem; overflow-wrap: anywhere; }
        h2 { margin: 1.8rem 0 0.6rem; font-size: 1.05rem; }
        p { margin: 0.2rem 0; }
        .note { color: var(--note); }
        .state { font-weight: 600; }
        .state.failed { color: var(--bad); }
        .state.done { color: var(--strong); }
        #silence { display: none; padding: 0.6rem 0.8rem; border: 1px solid var(--bad); border-radius: 6px; }
        body.silent #silence { display: block; }
        progress { width: 100%; height: 1.1rem; accent-color: var(--strong); }
        .cards { display: flex; flex-wrap: wrap; gap: 0.7rem; margin-top: 0.7rem; }
        .card { min-width: 8rem; padding: 0.5rem 0.8rem; background: var(--soft); border-radius: 8px; }
        .card b { display: block; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
        .card span { color: var(--note); }
        svg { width: 100%; max-height: 12rem; }
        svg text { font-size: 11px; fill: var(--note); }
        svg .grid { stroke: var(--line); stroke-width: 0.5; }
        svg .line { fill: none; stroke: var(--strong); stroke-width: 1.5; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { padding: 0.25rem 0.7rem 0.25rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
        thead th { color: var(--note); font-weight: 500; white-space: nowrap; }
        tbody th { font-weight: 500; overflow-wrap: anywhere; }
        .gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 0.8rem; }
        figure { margin: 0; }
        figure img, figure .none { display: block; width: 100%; height: auto; aspect-ratio: 1; object-fit: contain; background: var(--soft); border-radius: 6px; }
        figure.flagged img, figure.flagged .none { outline: 2px solid var(--bad); }
        figcaption { margin-top: 0.2rem; font-size: 0.85rem; overflow-wrap: anywhere; }
        footer { margin-top: 2.5rem; color: var(--note); }

        """
}
