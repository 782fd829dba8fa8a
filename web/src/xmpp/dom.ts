/**
 * The few steps through an XML tree that this client takes.
 *
 * Uses only what every DOM has, so that it works on the browser's and on the one that tests bring along.
 */

const ELEMENT = 1;

/** The elements right below. */
export function children(parent: Node): Element[] {
    const found: Element[] = [];
    for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
        if (node.nodeType === ELEMENT) {
            found.push(node as Element);
        }
    }
    return found;
}

/** The first element right below with this name, in this namespace if one is given. */
export function child(parent: Node, name: string, namespace?: string): Element | null {
    return children(parent).find((element) => is(element, name, namespace)) ?? null;
}

/** Whether an element has this name, and this namespace if one is given. */
export function is(element: Element, name: string, namespace?: string): boolean {
    return localName(element) === name && (namespace === undefined || element.namespaceURI === namespace);
}

/** The name of an element without its prefix. */
export function localName(element: Element): string {
    return element.localName ?? element.tagName;
}

/** The same text for the same tree, whatever prefixes and order of attributes it was written with. */
export function fingerprint(element: Element): string {
    const parts: string[] = [];
    trace(element, parts);
    return parts.join('\0');
}

function trace(element: Element, parts: string[]): void {
    parts.push('<', element.namespaceURI ?? '', localName(element));
    const attributes: string[] = [];
    for (let at = 0; at < element.attributes.length; at += 1) {
        const attribute = element.attributes.item(at);
        if (attribute !== null && attribute.name !== 'xmlns' && !attribute.name.startsWith('xmlns:')) {
            attributes.push(`${attribute.namespaceURI ?? ''}\0${attribute.name}\0${attribute.value}`);
        }
    }
    parts.push(...attributes.sort());
    for (let node = element.firstChild; node !== null; node = node.nextSibling) {
        if (node.nodeType === ELEMENT) {
            trace(node as Element, parts);
        } else {
            parts.push('"', node.nodeValue ?? '');
        }
    }
    parts.push('>');
}
