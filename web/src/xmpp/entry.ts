/**
 * One item of a node as it is handed to the page.
 *
 * It is a list of one element, which is what jQuery takes for a selection: `$(entry).text()` and `$(entry).find('author')` work as
 * they did when the entry came wrapped in jQuery, and without jQuery there are `text()` and `field()`.
 */

import { child, children, is, localName } from './dom.js';
import { CHANGE } from './name.js';
import { type Action, NO_STAMP, readStamp, type Stamp } from './stamp.js';

export class Entry {
    /** The `<entry/>` element, or whatever else was the payload; absent where an item came without. */
    readonly 0: Element | undefined;
    readonly length: 0 | 1;
    /** The node it was published to. */
    readonly node: string;
    /** The id of the item: the same again when the same row is saved again. */
    readonly id: string;
    /** The JID of who published it, where the service says so. */
    readonly publisher: string | null;
    /** The sender's mark: number, log, action and origin. */
    readonly stamp: Stamp;

    constructor(node: string, id: string, publisher: string | null, element: Element | null) {
        if (element !== null) {
            this[0] = element;
        }
        this.length = element === null ? 0 : 1;
        this.node = node;
        this.id = id;
        this.publisher = publisher;
        this.stamp = element === null ? NO_STAMP : readStamp(element);
    }

    /** The element itself; `null` where an item came without. */
    get element(): Element | null {
        return this[0] ?? null;
    }

    /** What was done to the row: created, updated or deleted; `null` where the sender does not know. */
    get action(): Action | null {
        return this.stamp.action;
    }

    /** All the text in it: the payload, where the payload is text. */
    text(): string {
        return this.element?.textContent ?? '';
    }

    /** The element inside the entry that stands for the row: `<Tweet/>`; `null` where the entry holds only text. */
    get payload(): Element | null {
        if (this.element === null) {
            return null;
        }
        if (localName(this.element) !== 'entry') {
            return this.element;
        }
        const inner = children(this.element).filter((element) => !is(element, 'change', CHANGE));
        // Beside its row an entry may carry what feed readers show.
        return inner.find((element) => !['title', 'updated'].includes(localName(element))) ?? inner[0] ?? null;
    }

    /** The text of a field of the row, be it a child or an attribute; `null` where it has none of that name. */
    field(name: string): string | null {
        const row = this.payload;
        if (row === null) {
            return null;
        }
        return child(row, name)?.textContent ?? row.getAttribute(name) ?? djangoField(row, name);
    }
}

/** A field in the way in which Django writes it: `<django-objects><object><field name="…">`. */
function djangoField(row: Element, name: string): string | null {
    const object = is(row, 'object') ? row : child(row, 'object');
    const fields = object === null ? [] : children(object);
    return fields.find((field) => field.getAttribute('name') === name)?.textContent ?? null;
}
