"""What a finger must hit and where Tab leads: asked of a page as it stands, at any size."""

from __future__ import annotations

from playwright.sync_api import CDPSession, Page

KINDS = "a[href], button, summary, input, select, textarea, [tabindex]"
REACHED = f"""[...document.querySelectorAll("{KINDS}")].filter((one) =>
    one.type !== "hidden" && !one.disabled && one.tabIndex >= 0 && !one.closest("[inert]")
    && one.checkVisibility({{ visibilityProperty: true }}) && one.getClientRects().length)"""
SMALL = f"""() => {{
    const least = 43.5; // 44, and what rounding takes
    const said = [];
    for (const one of {REACHED}) {{
        const around = one.closest("label") || one; // a label is hit as well
        const {{ width, height, left, right }} = around.getBoundingClientRect();
        const inText = one.matches("a") && getComputedStyle(one).display === "inline";
        const away = right <= 0 || left >= innerWidth || width <= 1; // shown once it has the focus
        if (inText || away || one.closest(".skip")) continue;
        if (width < least || height < least) {{
            const name = one.ariaLabel || one.textContent.trim().slice(0, 40) || one.name;
            const within = one.parentElement.className || one.parentElement.tagName;
            const size = `${{Math.round(width)}}x${{Math.round(height)}}`;
            said.push(`${{one.tagName}} ${{one.className}} "${{name}}" in ${{within}}: ${{size}}`);
        }}
    }}
    return [...new Set(said)];
}}"""
BACKWARDS = f"""() => {{
    const parts = "dialog, header, nav, aside, form, .menu, .card, .transport, .stage, .grid, section, main";
    const region = (one) => one.closest(parts);
    const name = (which) => which.ariaLabel || which.textContent.trim().slice(0, 40) || which.name;
    const said = [...document.querySelectorAll("[tabindex]")].filter((one) => one.tabIndex > 0)
        .map((one) => `goes before all: ${{one.outerHTML.slice(0, 120)}}`);
    let before = null;
    for (const one of {REACHED}) {{
        const here = one.getBoundingClientRect();
        if (before && region(before.one) === region(one)) {{
            const above = here.bottom <= before.rect.top + 1;
            const sameRow = here.top < before.rect.bottom - 1 && here.bottom > before.rect.top + 1;
            const back = above || (sameRow && here.right <= before.rect.left + 1);
            if (back) said.push(`"${{name(before.one)}}" leads back to "${{name(one)}}"`);
        }}
        before = {{ one, rect: here }};
    }}
    return said;
}}"""
FOCUSED = """() => {
    const one = document.activeElement;
    if (one === document.body) return null;
    const { left, top, width, height } = one.getBoundingClientRect();
    const at = document.elementFromPoint(left + width / 2, top + height / 2);
    const rung = (which, part) => {
        const { outlineStyle, boxShadow } = getComputedStyle(which, part);
        return outlineStyle !== "none" || boxShadow !== "none";
    };
    let ringed = rung(one, "::after");
    let which = one;
    for (let up = 0; which && up < 3; up += 1, which = which.parentElement) ringed ||= rung(which);
    const region = one.closest(".skip, header, main");
    return {
        name: one.ariaLabel || one.textContent.trim().slice(0, 40) || one.name,
        ringed,
        seen: Boolean(at && (one.contains(at) || at.contains(one))),
        region: { A: "skip", HEADER: "bar", MAIN: "main" }[region?.tagName] ?? "after",
    };
}"""


def too_small(page: Page, session: CDPSession) -> list[str]:
    """What a finger hardly hits, where the pointer is a finger: less than 44 by 44 CSS pixels."""
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5})
    try:
        assert page.evaluate("matchMedia('(pointer: coarse)').matches")
        return list(page.evaluate(SMALL))
    finally:
        session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})


def backwards(page: Page) -> list[str]:
    """Where Tab leads against the way that one reads, within a part of the page."""
    return list(page.evaluate(BACKWARDS))


def walk(page: Page, steps: int) -> list[dict[str, object]]:
    """Press Tab so many times from the page's beginning; what has the focus after each, to its end."""
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    found = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here is None:
            break
        found.append(here)
    return found
