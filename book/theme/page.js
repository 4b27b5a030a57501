"use strict";

// What mdBook's page leaves to be done for those who use the keyboard or a screen reader.

{
    const byId = (id) => document.getElementById(id);

    // What opens the table of contents is a <label>, which no key reaches: put a button before it.
    const label = byId("mdbook-sidebar-toggle");
    const button = document.createElement("button");
    for (const name of ["class", "title", "aria-label", "aria-controls"])
        button.setAttribute(name, label.getAttribute(name));
    button.type = "button";
    button.append(...label.childNodes);
    button.addEventListener("click", () => label.click());
    label.before(button);
    label.style.display = "none";
    const root = document.documentElement;
    const tell = () => button.setAttribute("aria-expanded", root.classList.contains("sidebar-visible"));
    new MutationObserver(tell).observe(root, { attributeFilter: ["class"] });
    tell();

    // Landmarks, and a name for the search field.
    byId("mdbook-menu-bar").setAttribute("role", "banner");
    byId("mdbook-search-wrapper").setAttribute("role", "search");
    byId("mdbook-searchbar").setAttribute("aria-label", "Search this book");

    // Numbers beside the lines of a skeleton, for the text counts them; they are no part of what is copied or read out.
    for (const code of document.querySelectorAll("pre > code.numbered")) {
        const numbers = document.createElement("span");
        numbers.className = "line-numbers";
        numbers.setAttribute("aria-hidden", "true");
        const count = code.textContent.replace(/\n$/, "").split("\n").length;
        numbers.textContent = Array.from({ length: count }, (_, i) => i + 1).join("\n");
        code.before(numbers);
        code.parentElement.classList.add("with-numbers");
    }

    // What is wider than the page scrolls by itself, and must be reached by the Tab key to be scrolled.
    const main = document.querySelector("main");
    const observer = new ResizeObserver((entries) => {
        for (const { target } of entries) {
            if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
            else target.removeAttribute("tabindex");
        }
    });
    for (const element of main.querySelectorAll("pre > code, .table-wrapper, .formula")) observer.observe(element);

    // There the arrow keys scroll, and in a part to play with they do more: mdBook must not turn the page.
    main.addEventListener("keydown", (event) => {
        if (event.key.startsWith("Arrow") && event.target.closest("[tabindex], .play")) event.stopPropagation();
    });
}
