/**
 * A moment in the life of a node, as the text that the server's list API, its receipts and this client hand out and take back:
 * `1~n<node>~l<log>.<number>…`.
 *
 * Reads all of it that a browser can make use of; the marks of items without numbers are hashes of bytes that a browser never sees.
 */

import { hash } from './hash.js';
import { readNumber } from './stamp.js';

const FORM = '1';
/** The server takes no longer ones. */
const MOST_CHARACTERS = 4096;
/** More logs are not kept apart; a node has one, or two after a change of database. */
export const MOST_LOGS = 16;

export interface Position {
    /** Of which node, as a hash; `null` where the text does not say. */
    readonly node: bigint | null;
    /** By log: the number of the last change that is known. */
    readonly known: ReadonlyMap<string, bigint>;
    /** Whether the node was seen to keep nothing. */
    readonly wasEmpty: boolean;
}

/** Reads a position; `null` when the text is none. */
export function readPosition(text: string): Position | null {
    const [form, ...parts] = text.split('~');
    if (form !== FORM || text.length > MOST_CHARACTERS) {
        return null;
    }
    let node: bigint | null = null;
    let wasEmpty = false;
    const known = new Map<string, bigint>();
    for (const part of parts) {
        const rest = part.slice(1);
        if (part === '') {
            return null;
        } else if (part.startsWith('n')) {
            if (!/^[0-9a-f]{1,16}$/i.test(rest)) {
                return null;
            }
            node = BigInt(`0x${rest}`);
        } else if (part.startsWith('l')) {
            const at = rest.indexOf('.');
            const log = at < 0 ? null : unescapeLog(rest.slice(0, at));
            const sequence = readNumber(rest.slice(at + 1));
            if (log === null || sequence === null) {
                return null;
            }
            if (known.size < MOST_LOGS || known.has(log)) {
                const before = known.get(log);
                known.set(log, before === undefined || before < sequence ? sequence : before);
            }
        } else if (part.startsWith('e')) {
            wasEmpty = true;
        }
        // Other parts belong to readers of other kinds, or to later versions.
    }
    return { node, known, wasEmpty };
}

/** Writes the position of a node up to which its logs are known. */
export function writePosition(node: string, known: ReadonlyMap<string, bigint>): string {
    const logs = [...known].sort(([one], [two]) => (one < two ? -1 : 1));
    const parts = logs.map(([log, sequence]) => `~l${escapeLog(log)}.${sequence}`);
    return `${FORM}~n${hash(node).toString(16)}${parts.join('')}`;
}

/** Whether this may be a position of that node. */
export function isOf(position: Position, node: string): boolean {
    return position.node === null || position.node === hash(node);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function escapeLog(log: string): string {
    const plain = (byte: number) => /[0-9A-Za-z-]/.test(String.fromCharCode(byte)) && byte < 0x80;
    const bytes = [...encoder.encode(log)];
    return bytes
        .map((byte) => (plain(byte) ? String.fromCharCode(byte) : `_${byte.toString(16).padStart(2, '0')}`))
        .join('');
}

function unescapeLog(text: string): string | null {
    const bytes: number[] = [];
    for (let at = 0; at < text.length; at += 1) {
        if (text[at] !== '_') {
            bytes.push(text.charCodeAt(at));
            continue;
        }
        const code = text.slice(at + 1, at + 3);
        if (!/^[0-9a-f]{2}$/i.test(code)) {
            return null;
        }
        bytes.push(Number.parseInt(code, 16));
        at += 2;
    }
    try {
        return bytes.every((byte) => byte < 256) ? decoder.decode(new Uint8Array(bytes)) : null;
    } catch {
        return null;
    }
}
