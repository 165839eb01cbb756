// What GET /f/<form>/embed answers (signup/visitor/embed.py).
export interface Question {
  key: string;
  label: string;
  help?: string;
  box?: boolean;
  tag?: "select" | "textarea";
  /** One input each, or all in one select. */
  options?: [string, string][];
  choose?: [string, string][];
  input: Record<string, string | number | boolean>;
}
export interface Consent {
  key: string;
  text: string;
  who: string;
  privacy: string;
  input: Question["input"];
}
export interface Definition {
  lang: string;
  dir: string;
  url: string;
  token: string;
  group: string;
  mode: "inline" | "pop-up" | "slide-in" | "bar" | "tab";
  triggers: [string, number, string][];
  pause: number;
  paths: string;
  /** A regular expression on how the visit began (manners.js); empty: any. */
  visits: string;
  /** Whether events go to the page's tag manager, too. */
  analytics: boolean;
  css: string;
  row: boolean;
  title: string;
  intro: string;
  button: string;
  fields: Question[];
  consents: Consent[];
  code: boolean;
  domains: string;
  words: Record<string, string>;
}
/** What the service answers to what was posted. */
export interface Answer {
  /** Missing: a message was sent, and nothing waits for a confirmation. */
  signup: string;
  /** Tells at /state whether this sign-up was confirmed meanwhile. */
  state?: string;
  mailbox?: { name: string; url: string } | null;
  errors?: Record<string, string>;
  detail?: string;
  /** To be shown as it comes. */
  message?: string;
  challenge: string;
  bits: number;
  download?: string | null;
  /** What a confirmed visitor gets: behind `download`, or a code, or a text where no code is left. */
  incentive?: { kind: string; name: string; code?: string; text?: string } | null;
  /** What the form says once the address is confirmed, and where it leads to then. */
  text?: string;
  url?: string;
  later?: { token: string; fields: Question[] };
}
/** A form on the page, as the page's own scripts reach it. */
export interface Form {
  open(asked: boolean): void;
  close(): void;
  home?: HTMLElement;
}
declare global {
  interface Window {
    dataLayer?: object[];
    gtag?(what: "event", name: string, told: object): void;
    Signup?: { scan(): void; open(id: string): void; close(id: string): void };
  }
}
