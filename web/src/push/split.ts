/**
 * Cuts a stream of JSON values out of text that comes in pieces of any size.
 *
 * The gateway writes one value after another, with or without line breaks between them. Pure, and bounded: a value that does not end
 * within `longest` characters is an error, not memory.
 */

/** Characters of one value at most. */
export const LONGEST = 16 * 1024 * 1024;

/** Text that is no stream of JSON values. */
export class NotJsonError extends Error {
    constructor(reason: string) {
        super(`the answer is not what a push gateway sends: ${reason}`);
        this.name = 'NotJsonError';
    }
}

export class Splitter {
    readonly #longest: number;
    #text = '';
    /** How much of `#text` was looked at. */
    #at = 0;
    /** Where the value begins that is being read; -1 between values. */
    #start = -1;
    #depth = 0;
    #inString = false;

    constructor(longest = LONGEST) {
        this.#longest = longest;
    }

    /** Whether a value has begun and not ended. */
    get isWithin(): boolean {
        return this.#start >= 0;
    }

    /** Takes the next piece and gives back the values that it completes. Throws a `NotJsonError`. */
    push(piece: string): unknown[] {
        const values: unknown[] = [];
        this.#text += piece;
        while (this.#at < this.#text.length) {
            const character = this.#text.charAt(this.#at);
            if (this.#inString) {
                if (character === '\\') {
                    // The character after it may be still to come.
                    if (this.#at + 1 === this.#text.length) {
                        break;
                    }
                    this.#at += 1;
                } else if (character === '"') {
                    this.#inString = false;
                    this.#end(this.#at + 1, values);
                }
            } else {
                this.#step(character, values);
            }
            this.#at += 1;
        }
        this.#forget();
        return values;
    }

    #step(character: string, values: unknown[]): void {
        switch (character) {
            case '"':
                this.#begin();
                this.#inString = true;
                break;
            case '{':
            case '[':
                this.#begin();
                this.#depth += 1;
                break;
            case '}':
            case ']':
                if (this.#depth === 0) {
                    throw new NotJsonError(`a ${character} without its beginning`);
                }
                this.#depth -= 1;
                this.#end(this.#at + 1, values);
                break;
            default:
                if (this.#start < 0 && !/\s/.test(character)) {
                    throw new NotJsonError(`${JSON.stringify(character)} between two messages`);
                }
        }
    }

    #begin(): void {
        if (this.#start < 0) {
            this.#start = this.#at;
        }
    }

    #end(end: number, values: unknown[]): void {
        if (this.#depth > 0 || this.#inString || this.#start < 0) {
            return;
        }
        const json = this.#text.slice(this.#start, end);
        this.#start = -1;
        try {
            values.push(JSON.parse(json));
        } catch {
            throw new NotJsonError('a message that is not valid JSON');
        }
    }

    /** Keeps only what has not ended. */
    #forget(): void {
        const done = this.#start < 0 ? this.#at : this.#start;
        this.#text = this.#text.slice(done);
        this.#at -= done;
        if (this.#start >= 0) {
            this.#start = 0;
        }
        if (this.#text.length > this.#longest) {
            throw new NotJsonError(`a message of more than ${this.#longest} characters`);
        }
    }
}
