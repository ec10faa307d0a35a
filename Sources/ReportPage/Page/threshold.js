"use strict";

/** What stands around the histogram: the number, usual choices, what the threshold does, and the command that applies it. */
const ThresholdPart = (() => {
    function card(name, value, kind = "") {
        return Text.make("div", { class: `card ${kind}` }, Text.make("b", {}, value), Text.make("span", {}, name));
    }

    /** Which choices there are: [name, threshold]. */
    function presets(data, ranking) {
        const choices = [];
        if (data.threshold !== undefined) choices.push(["the job's", data.threshold]);
        if (ranking) {
            choices.push(["best F1", ranking.best.threshold], ["no misses", ranking.lowestAnomalous],
                ["no false alarms", Scores.nextUp(ranking.highestNormal)]);
        }
        return choices;
    }

    function outcome(groups, calibration, state) {
        const now = Scores.tally(groups, state.value);
        const labelled = now.found + now.missed + now.falseAlarms + now.passed;
        const { grouped, percent } = Text;
        const cards = [card(`of ${grouped(now.images)} images flagged`, grouped(now.flagged), now.flagged > 0 ? "alarm" : "")];
        if (labelled > 0) {
            cards.push(card("found", grouped(now.found)), card("missed", grouped(now.missed)),
                card("false alarms", grouped(now.falseAlarms)), card("passed", grouped(now.passed)),
                card("precision", percent(now.precision)), card("recall", percent(now.recall)),
                card("false-alarm rate", percent(now.falseAlarmRate)), card("F1", now.f1 === null ? "–" : now.f1.toFixed(4)));
        }
        if (calibration.length > 0) {
            const above = Scores.atLeast(calibration, state.value);
            cards.push(card(`of the calibration's ${grouped(calibration.length)} normal images are at least so high`, percent(above / calibration.length)));
        }
        return cards;
    }

    function copy(button, code) {
        const selected = () => {
            getSelection().selectAllChildren(code);
            return document.execCommand("copy");
        };
        const say = (text) => {
            button.textContent = text;
            setTimeout(() => { button.textContent = "Copy"; }, 1500);
        };
        if (!navigator.clipboard) return say(selected() ? "Copied" : "Selected");
        return navigator.clipboard.writeText(code.textContent).then(() => say("Copied"), () => say(selected() ? "Copied" : "Selected"));
    }

    function set(data, groups, calibration, ranking, state) {
        const { find, make } = Text;
        const number = find("threshold");
        number.addEventListener("input", () => { if (number.value !== "") state.set(Number(number.value)); });
        for (const [name, threshold] of presets(data, ranking)) {
            find("presets").append(make("button", { type: "button", title: Text.exact(threshold), onclick: () => state.set(threshold) }, name));
        }
        const histogram = new Histogram(find("histogram"), groups, calibration, state);
        find("logarithmic").addEventListener("change", (event) => {
            histogram.isLogarithmic = event.target.checked;
            histogram.draw();
        });
        const key = [];
        if (histogram.isLabelled) {
            key.push(make("i", { class: "key normal" }), "normal or without a label, upwards ", make("i", { class: "key anomalous" }), "anomalous, downwards ");
        }
        if (calibration.length > 0) key.push(make("i", { class: "key calibration" }), "the calibration's normal images, to their own scale ");
        find("histogram-key").append("Images by score. Drag the line, or move it with the arrow keys. ", ...key);
        state.onchange(() => {
            if (document.activeElement !== number || Math.fround(Number(number.value)) !== state.value) number.value = Text.exact(state.value);
            find("outcome").replaceChildren(...outcome(groups, calibration, state));
            if (data.flagCommand) find("command").textContent = data.flagCommand + Text.exact(state.value);
        });
        find("command-part").hidden = !data.flagCommand;
        find("copy").addEventListener("click", (event) => copy(event.target, find("command")));
        find("promises").append(...data.promises.map((sentence) => make("li", {}, sentence)));
        Text.show("threshold-part");
    }

    return { card, set };
})();
