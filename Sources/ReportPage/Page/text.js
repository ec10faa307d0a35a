"use strict";

/**
 * Numbers as text, and elements made of text. Names of files and lists are set as text and never as HTML, whatever they contain.
 */
const Text = (() => {
    /** 400 000, with narrow spaces that do not break. */
    function grouped(count) {
        return String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");
    }

    /** The shortest text that reads back as the same Float32: what the command line takes is then the threshold that was counted with. */
    function exact(number) {
        const wanted = Math.fround(number);
        for (let digits = 1; digits < 9; digits += 1) {
            const text = String(Number(wanted.toPrecision(digits)));
            if (Math.fround(Number(text)) === wanted) return text;
        }
        return String(Number(wanted.toPrecision(9)));
    }

    /** Four significant digits. */
    function short(number) {
        return number === null || number === undefined ? "" : String(Number(number.toPrecision(4)));
    }

    function percent(share) {
        if (share === null) return "–";
        const value = 100 * share;
        return (value > 0 && value < 0.1 ? value.toPrecision(2) : value.toFixed(value > 99.9 && value < 100 ? 3 : 1)) + " %";
    }

    const svgName = "http://www.w3.org/2000/svg";

    function fill(element, properties, children) {
        for (const [name, value] of Object.entries(properties)) {
            if (value === null || value === undefined || value === false) continue;
            if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
            else element.setAttribute(name, value === true ? "" : value);
        }
        element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
        return element;
    }

    /** An element with attributes, listeners (onclick: function) and children, which are elements or text. */
    function make(tag, properties = {}, ...children) {
        return fill(document.createElement(tag), properties, children);
    }

    /** The same of a drawing. */
    function draw(tag, properties = {}, ...children) {
        return fill(document.createElementNS(svgName, tag), properties, children);
    }

    /** A name from a list, which may read from right to left: it does not turn what stands beside it. */
    function name(text, title) {
        return make("bdi", { class: "path", title }, text);
    }

    const find = (id) => document.getElementById(id);

    function show(id) {
        find(id).hidden = false;
    }

    return { grouped, exact, short, percent, make, draw, name, find, show };
})();
