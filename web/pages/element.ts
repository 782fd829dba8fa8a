/** Parts of a page by their ids. */

/** The element; a page without it is not the page that this script was written for. */
export function element<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
    const found = document.getElementById(id);
    if (found === null) {
        throw new Error(`the page has no #${id}`);
    }
    return found as Kind;
}
