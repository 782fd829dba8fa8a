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

/** `commits_live::model::Commit`, published to `/commits/Commit`. `id` names the item. */
export interface Commit {
  id: Integer;
  hash: string;
  author: string;
  username: string | null;
  message: string;
  url: string;
  user: string | null;
  project: string;
  project_name: string;
  project_url: string;
  files: string[];
  timestamp: Timestamp;
  created_on: Timestamp;
}

/** `commits_live::model::Project`, published to `/commits/Project`. `id` names the item. */
export interface Project {
  id: Integer;
  name: string;
  url: string;
}

/** `commits_live::model::User`, published to `/commits/User`. `id` names the item. */
export interface User {
  id: Integer;
  name: string;
}

/** What a row of each node is. */
export interface Nodes {
  "/commits/Commit": Commit;
  "/commits/Project": Project;
  "/commits/User": User;
}

/** A name of a node that one of these models is published to. */
export type Node = keyof Nodes;

/** A row as a resource of the list API shows it, and the channels of its model too. */
export type Listed<Row> = Row & { id: Integer | string; resource_uri: string };
