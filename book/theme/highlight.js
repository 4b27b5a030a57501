"use strict";

// Colours Python and shell commands, in the place of mdBook's highlight.js, which knows fifty languages in 138 kB. The
// names of the colours, and the two functions that mdBook calls, are those of highlight.js.

const hljs = {
    PYTHON: {
        comment: /#.*/,
        string: /(?:\b[fr])?(?:"""[^]*?"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/,
        meta: /@[\w.]+/,
        title: /(?<=\b(?:def|class) +)\w+/,
        keyword: new RegExp(
            "\\b(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|" +
                "in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)\\b",
        ),
        literal: /\b(?:False|None|True)\b/,
        built_in: new RegExp(
            "(?<![.\\w])(?:abs|all|any|bool|dict|enumerate|float|int|isinstance|iter|len|list|max|min|next|open|print|range|" +
                "reversed|round|set|sorted|str|sum|super|tuple|zip)(?=\\()",
        ),
        number: /(?<!\w)\d[\d_]*(?:\.\d*)?(?:e[+-]?\d+)?/,
    },

    SHELL: {
        comment: /(?<!\S)#.*/,
        string: /"[^"]*"|'[^']*'/,
    },

    /** Wrap what the rules find in a block of code; what comes first wins, and where two begin, the rule above. */
    highlightBlock(block) {
        const rules = { "language-python": hljs.PYTHON, "language-sh": hljs.SHELL }[block.classList[0]];
        if (!rules) return;
        const source = Object.entries(rules).map(([name, { source }]) => `(?<${name}>${source})`);
        const text = block.textContent;
        block.textContent = "";
        let end = 0;
        for (const match of text.matchAll(new RegExp(source.join("|"), "g"))) {
            const span = document.createElement("span");
            span.className = `hljs-${Object.keys(rules).find((name) => match.groups[name] !== undefined)}`;
            span.textContent = match[0];
            block.append(text.slice(end, match.index), span);
            end = match.index + match[0].length;
        }
        block.append(text.slice(end));
    },

    configure() {},
};
