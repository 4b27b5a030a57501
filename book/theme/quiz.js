"use strict";

// The quizzes: an answer is checked when it is chosen, and the page remembers it.

{
    // A browser may keep nothing, such as for files or in a private window: then the page forgets.
    const memory = {
        get(key) {
            try {
                return localStorage.getItem(key);
            } catch {
                return null;
            }
        },
        set(key, value) {
            try {
                localStorage.setItem(key, value);
            } catch {}
        },
    };

    const formatted = (text) =>
        text.split("`").map((piece, i) => {
            if (i % 2 === 0) return piece;
            const code = document.createElement("code");
            code.append(piece);
            return code;
        });

    for (const form of document.querySelectorAll("form.quiz")) {
        const key = `quiz ${form.dataset.quiz}`;
        const verdict = form.querySelector(".quiz-verdict");
        const inputs = [...form.querySelectorAll("input")];

        const judge = (input) => {
            const isRight = "right" in input.dataset;
            for (const each of inputs) each.closest("label").removeAttribute("class");
            input.closest("label").className = isRight ? "right" : "wrong";
            verdict.replaceChildren(isRight ? "✓ Right. " : "✗ Not quite. ", ...formatted(input.dataset.why));
        };

        // By what it says, not by its place: the answers may be in another order one day.
        const chosen = inputs.find((input) => input.closest("label").textContent.trim() === memory.get(key));
        if (chosen) {
            chosen.checked = true;
            judge(chosen);
        }
        form.addEventListener("change", ({ target }) => {
            judge(target);
            memory.set(key, target.closest("label").textContent.trim());
        });
        form.addEventListener("submit", (event) => event.preventDefault());
    }
}
