/// The page's look: the reader's own fonts, light or dark as the reader has it.
enum ReportStyle {
    static let css = """
        :root { color-scheme: light dark; --ink: #1d2430; --dim: #667085; --paper: #ffffff; --panel: #f5f6f8; --line: #dfe3e8;
          --normal: #4c8bd6; --anomalous: #d9542b; --alarm: #b93815; --warning: #8a6100; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e5e9f0; --dim: #98a2b3; --paper: #14181f; --panel: #1d232d; --line: #303846;
            --normal: #5b9ce6; --anomalous: #ef7b4f; --alarm: #f58b68; --warning: #e0b04c; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 68rem; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, sans-serif; }
        h1 { margin: 0; font-size: 1.7rem; letter-spacing: -0.01em; }
        h2 { margin: 0 0 0.75rem; font-size: 1.05rem; }
        header p { margin: 0.2rem 0; color: var(--dim); }
        section { margin-top: 2.25rem; }
        .path { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
        .dim, .note, figcaption { color: var(--dim); }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.75rem; }
        .card { background: var(--panel); border-radius: 8px; padding: 0.9rem 1.1rem; }
        .card b { display: block; font-size: 1.6rem; font-weight: 600; font-variant-numeric: tabular-nums; }
        .card span { color: var(--dim); }
        .card.alarm b { color: var(--alarm); }
        .card.warning b { color: var(--warning); }
        figure { margin: 0; }
        svg { display: block; width: 100%; height: auto; }
        svg text { fill: var(--dim); font-size: 12px; }
        svg.legend { max-width: 34rem; margin-bottom: 1rem; }
        svg .axis { stroke: var(--dim); }
        svg .grid { stroke: var(--line); }
        svg rect.normal { fill: var(--normal); fill-opacity: 0.75; }
        svg rect.anomalous { fill: var(--anomalous); fill-opacity: 0.65; }
        svg line.threshold { stroke: var(--ink); stroke-dasharray: 4 3; }
        svg text.threshold { fill: var(--ink); }
        .key { display: inline-block; width: 0.8em; height: 0.8em; margin: 0 0.2em 0 0.8em; border-radius: 2px; }
        .key.normal { background: var(--normal); }
        .key.anomalous { background: var(--anomalous); }
        .gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: 1rem; }
        article { background: var(--panel); border-radius: 8px; overflow: hidden; padding-bottom: 0.5rem; }
        article img, article .empty { display: block; width: 100%; aspect-ratio: 1; object-fit: cover; background: var(--line); }
        article .empty { display: grid; place-items: center; color: var(--dim); }
        article p { margin: 0.35rem 0.75rem 0; }
        article .dim { font-size: 13px; }
        article .path { font-size: 12px; }
        img.drift { width: 14rem; image-rendering: pixelated; }
        .tag { padding: 0.05em 0.5em; border: 1px solid var(--line); border-radius: 99px; font-size: 12px; font-style: normal; }
        .tag.alarm { border-color: var(--alarm); color: var(--alarm); }
        table { width: 100%; border-collapse: collapse; }
        th, td { padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--line); text-align: left;
          vertical-align: top; overflow-wrap: anywhere; }
        thead th, .pairs th { color: var(--dim); font-weight: 500; }
        .pairs th { width: 13rem; }
        .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 2.25rem; }
        .columns .pairs th { width: 8rem; }
        """
}
