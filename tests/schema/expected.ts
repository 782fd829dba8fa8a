// Made of the models by pubsub; changes are lost when it is made again.

/** A whole number that may go beyond what JavaScript holds: a number up to ±(2^53 - 1), a string of its digits beyond. `BigInt()` reads both. */
export type Integer = number | `${bigint}`;
/** A floating-point number. `Number()` reads all of them. */
export type Float = number | "NaN" | "Infinity" | "-Infinity";
/** A point in time, RFC 3339 in UTC: `2024-02-29T12:30:00.5Z`. */
export type Timestamp = string;
/** Hyphenated, in lower case. */
export type Uuid = string;
/** Anything that JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** `schema::Odd`, published to `/schema/Odd`. `the_id` names the item. */
export interface Odd {
  the_id: number;
  type: "Good" | "so & so \"*/\"" | null;
  at: Timestamp | null;
  moods: ("Good" | "so & so \"*/\"")[];
  by_number: { [key: string]: "Good" | "so & so \"*/\"" };
  ids: { [key: string]: Uuid };
  what: What;
  inner_the_id: Integer;
  wrapped: Wrapped;
  wrappers: { [key: string]: Wrapped };
  models: Place;
}

export type What =
  | { Word: string }
  | { Many: { of: number[] } }
  | "Nothing";

export type Wrapped = Integer;

export interface Place {
  street: string;
}

/** `schema::models::Order`, published to `/schema/Order`. `number` names the item. */
export interface Order {
  number: number;
  customer: string;
  note: string | null;
  tags: string[];
  queue: Float[];
  list: boolean[];
  set: number[];
  prices: { [key: string]: number };
  place: Place2;
  media: Media[];
  places: { [key: string]: Place2 };
  answer: Tree | null;
  changed_by: string;
  revision: number | null;
  reasons: string[];
}

export interface Place2 {
  name: string;
  latitude: Float;
}

export type Media =
  | { Photo: { width: number; url: string } }
  | { Link: string }
  | { Spot: Place2 }
  | "Nothing";

export interface Tree {
  text: string;
  branches: Tree[];
}

/** What a row of each node is. */
export interface Nodes {
  "/schema/Odd": Odd;
  "/schema/Order": Order;
}

/** A name of a node that one of these models is published to. */
export type Node = keyof Nodes;

/** A row as a resource of the list API shows it, and the channels of its model too. */
export type Listed<Row> = Row & { id: Integer | string; resource_uri: string };
