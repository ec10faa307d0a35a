/// The page, in Mustache. Text is escaped for HTML wherever it is inserted; nothing is inserted unescaped.
enum ReportTemplate {
    static let text = """
        {{% CONTENT_TYPE:\(HTMLEscaping.name)}}
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'">
        <title>{{title}} · {{directory}}</title>
        <style>
        \(ReportStyle.css)
        </style>
        </head>
        <body>
        <header>
        <h1>{{title}}</h1>
        <p class="path">{{directory}}</p>
        <p>{{phase}} · written {{written}}</p>
        </header>

        <section class="cards">
        {{#cards}}
        <div class="card {{kind}}"><b>{{value}}</b><span>{{name}}</span></div>
        {{/cards}}
        </section>

        {{#metrics}}
        <section>
        <h2>Against the truth</h2>
        <table class="pairs">
        {{#rows}}<tr><th>{{name}}</th><td>{{value}}</td></tr>
        {{/rows}}
        </table>
        </section>
        {{/metrics}}
        {{#note}}<section><p class="note">{{note}}</p></section>{{/note}}

        {{#histogram}}
        <section>
        <h2>Scores</h2>
        <figure>
        <svg viewBox="0 0 {{width}} {{height}}" role="img" aria-label="histogram of the image scores">
        {{#ticks}}
        <line class="grid" x1="{{x}}" x2="{{x}}" y1="{{top}}" y2="{{baseline}}"/>
        <text x="{{x}}" y="{{labelY}}" text-anchor="middle">{{label}}</text>
        {{/ticks}}
        {{#bars}}
        <rect class="{{kind}}" x="{{x}}" y="{{y}}" width="{{barWidth}}" height="{{barHeight}}" rx="1.5"><title>{{from}} to {{to}}: {{images}} images{{#labelled}}, {{kind}}{{/labelled}}</title></rect>
        {{/bars}}
        <line class="axis" x1="{{left}}" x2="{{right}}" y1="{{baseline}}" y2="{{baseline}}"/>
        {{#threshold}}
        <line class="threshold" x1="{{x}}" x2="{{x}}" y1="{{top}}" y2="{{baseline}}"/>
        <text class="threshold" x="{{textX}}" y="{{textY}}" text-anchor="{{anchor}}">threshold {{label}}</text>
        {{/threshold}}
        </svg>
        <figcaption>Images by score; heights are logarithmic.{{#labelled}} <i class="key normal"></i> normal <i class="key anomalous"></i> anomalous{{/labelled}}</figcaption>
        </figure>
        </section>
        {{/histogram}}

        {{#promises}}
        <p class="note">{{sentence}}</p>
        {{/promises}}

        {{#hasWorst}}
        <section>
        <h2>Highest scores</h2>
        {{#cutOff}}<p class="note">{{cutOff}}</p>{{/cutOff}}
        {{#legend}}
        <figure>
        \(LegendTemplate.page)
        <figcaption>Distances in maps and overlays: dark as in good parts, bright where a part differs. The colours mean the same in all pictures of this job.</figcaption>
        </figure>
        {{/legend}}
        <div class="gallery">
        {{#worst}}
        <article{{#flagged}} class="flagged"{{/flagged}}>
        {{#picture}}<a href="{{link}}"><img src="{{picture}}" alt="" loading="lazy"></a>{{/picture}}
        {{^picture}}<div class="empty">no picture</div>{{/picture}}
        <p><b>{{score}}</b>{{#flagged}} <em class="tag alarm">flagged</em>{{/flagged}}{{#truth}} <em class="tag">{{truth}}</em>{{/truth}}</p>
        <p class="path" title="{{file}}">{{path}}</p>
        {{#source}}<p class="path dim" title="{{file}}">{{source}}</p>
        {{/source}}
        <p class="dim">{{place}}</p>
        </article>
        {{/worst}}
        </div>
        </section>
        {{/hasWorst}}

        {{#hasDrift}}
        <section>
        <h2>Drift</h2>
        {{#drift}}<p>{{sentence}}</p>
        {{/drift}}
        {{#driftMap}}
        <figure><img class="drift" src="{{driftMap}}" alt="">
        <figcaption>Where the images that are not flagged differ from the model's: black where they do not, the middle of the colours is the limit.</figcaption></figure>
        {{/driftMap}}
        </section>
        {{/hasDrift}}

        {{#hasSuspects}}
        <section>
        <h2>Normal images that look least like the others</h2>
        {{#suspectsPage}}<p><a href="{{suspectsPage}}">Suspects among the images of the fit</a>, with overlays.</p>{{/suspectsPage}}
        {{^suspectsPage}}<p class="note"><code>padim suspects JOB --report</code> writes a page of them, with overlays.</p>{{/suspectsPage}}
        </section>
        {{/hasSuspects}}

        {{#hasFailures}}
        <section>
        <h2>Skipped images</h2>
        <table>
        <thead><tr><th>image</th><th>status</th><th>reason</th></tr></thead>
        <tbody>
        {{#failures}}
        <tr><td class="path" title="{{file}}">{{path}}{{#source}}<br><span class="dim">{{source}}</span>{{/source}}</td><td>{{status}}</td><td>{{reason}}</td></tr>
        {{/failures}}
        </tbody>
        </table>
        {{#moreFailures}}<p class="note">and {{moreFailures}} more; <code>padim export</code> lists them all.</p>{{/moreFailures}}
        </section>
        {{/hasFailures}}

        <section class="columns">
        {{#facts}}
        <div>
        <h2>Job</h2>
        <table class="pairs">
        {{#rows}}<tr><th>{{name}}</th><td>{{value}}</td></tr>
        {{/rows}}
        </table>
        </div>
        {{/facts}}
        {{#settings}}
        <div>
        <h2>Settings</h2>
        <table class="pairs">
        {{#rows}}<tr><th>{{name}}</th><td>{{value}}</td></tr>
        {{/rows}}
        </table>
        </div>
        {{/settings}}
        </section>
        </body>
        </html>

        """
}
