/**
 * The list API: `GET /api/v1/<resource>/`, page by page, with the position at which a page was read.
 *
 * Knows the shape that Tastypie gave such lists. Does not know events.
 */

/** What a page says of itself. */
export interface Meta {
    readonly limit: number;
    readonly offset: number;
    /** Where the next page is, relative to the origin; `null` at the end. */
    readonly next: string | null;
    readonly previous: string | null;
    /** How many rows there are in all. */
    readonly total_count: number;
    /** The moment at which the page was read: events from there on miss nothing. Absent from foreign lists. */
    readonly position?: string | null;
}

/** A page of rows. */
export interface Page<Row> {
    readonly meta: Meta;
    readonly objects: readonly Row[];
}

/** Arguments of a list: filters such as `user__username`, `order_by`, `limit`, `offset`. Several values are repeated. */
export interface ListQuery {
    readonly [name: string]: string | number | boolean | null | undefined | readonly (string | number)[];
}

/** Why a list could not be read. */
export class ListError extends Error {
    /** The status of the answer; 0 where there was none. */
    readonly status: number;

    constructor(status: number, message: string) {
        super(message);
        this.name = 'ListError';
        this.status = status;
    }

    /** Whether asking again may help. */
    get isPassing(): boolean {
        return this.status === 0 || this.status >= 500 || [408, 425, 429].includes(this.status);
    }
}

/** Where a list is. */
export function listUrl(base: URL, resource: string, query: ListQuery = {}): URL {
    const url = new URL(`${encodeURIComponent(resource)}/`, base.href.endsWith('/') ? base : `${base.href}/`);
    for (const [name, value] of Object.entries(query)) {
        for (const one of [value].flat()) {
            if (one !== null && one !== undefined) {
                url.searchParams.append(name, String(one));
            }
        }
    }
    return url;
}

/** How a page is asked for. */
type Asking = RequestInit & { readonly headers: Readonly<Record<string, string>> };

/** Reads one page. Rejects with a `ListError`. */
export async function fetchPage<Row>(request: typeof fetch, url: URL, options: Asking): Promise<Page<Row>> {
    let response: Response;
    try {
        response = await request(url, { ...options, headers: { Accept: 'application/json', ...options.headers } });
    } catch (error) {
        options.signal?.throwIfAborted();
        throw new ListError(
            0,
            `cannot read ${url.pathname}: ${error instanceof Error ? error.message : String(error)}`,
        );
    }
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok) {
        throw new ListError(response.status, explain(body) ?? `${url.pathname} was answered with ${response.status}`);
    }
    if (!isPage(body)) {
        throw new ListError(response.status, `${url.pathname} is no list: it has no meta and objects`);
    }
    return body as Page<Row>;
}

function isPage(body: unknown): boolean {
    if (typeof body !== 'object' || body === null || !('meta' in body) || !('objects' in body)) {
        return false;
    }
    return typeof body.meta === 'object' && body.meta !== null && Array.isArray(body.objects);
}

function explain(body: unknown): string | null {
    if (typeof body !== 'object' || body === null) {
        return null;
    }
    const { error, error_message: message } = body as Record<string, unknown>;
    const words = error ?? message;
    return typeof words === 'string' ? words : null;
}
