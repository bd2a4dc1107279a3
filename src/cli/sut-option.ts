/** `--sut "<kind>:<what>"` and its companions → how the system under test comes to be, and how it is spoken to. */
import { commandWords } from "../base/command-words.js";
import { didYouMean } from "../base/did-you-mean.js";
import { UsageError } from "../base/errors.js";
import { durationMs } from "../base/duration-text.js";
import type { HttpLaunch, SutLaunch } from "../lab/ports.js";
import { CLAIMABLE, INDEXER_APIS } from "../lab/sut/indexer-driver.js";

const KINDS = ["stdio", "http"];
const FORMS = '"stdio:<command line>", "http:<url>" or "http:<url> <command line>"';

const MAX_TIMEOUT_MS = 600_000;

export interface SutFlags {
  readonly sut?: string;
  readonly sutTimeout?: string;
  readonly sutApi?: string;
  readonly sutClaims?: string;
  readonly gatewayCommand?: readonly string[];
}

/** @throws UsageError KVP_E_USAGE */
export function sutOf(flags: SutFlags): SutLaunch | undefined {
  const { sut, sutTimeout, sutApi, sutClaims, gatewayCommand } = flags;
  if (sut === undefined) {
    const stray = Object.entries({ "--sut-timeout": sutTimeout, "--sut-api": sutApi, "--sut-claims": sutClaims });
    const given = stray.find(([, value]) => value !== undefined)?.[0];
    if (given !== undefined) throw new UsageError("KVP_E_USAGE", `${given} is about --sut, which is not given`);
    return undefined;
  }
  if (gatewayCommand !== undefined)
    throw new UsageError("KVP_E_USAGE", "--sut and --gateway-command both name the system under test; give one");
  const launch = parseSut(sut);
  if (launch.kind !== "http" && (sutApi !== undefined || sutClaims !== undefined))
    throw new UsageError(
      "KVP_E_USAGE",
      "--sut-api and --sut-claims are about indexers over HTTP; a stdio driver says so itself",
    );
  return {
    ...launch,
    ...(sutTimeout === undefined ? {} : { timeoutMs: parseTimeout(sutTimeout) }),
    ...(sutApi === undefined ? {} : { api: parseApi(sutApi) }),
    ...(sutClaims === undefined ? {} : { claims: parseClaims(sutClaims) }),
  };
}

function parseTimeout(text: string): number {
  const ms = durationMs(text);
  if (ms >= 1 && ms <= MAX_TIMEOUT_MS) return ms;
  throw new UsageError(
    "KVP_E_USAGE",
    `--sut-timeout must be a duration such as 500ms or 10s, at most 10m, not "${text}"`,
  );
}

function parseApi(name: string): string {
  if (INDEXER_APIS.includes(name)) return name;
  const known = INDEXER_APIS.join(", ");
  throw new UsageError(
    "KVP_E_USAGE",
    `--sut-api: no API is called ${name}${didYouMean(name, INDEXER_APIS)}; known: ${known}`,
  );
}

/** @throws UsageError KVP_E_USAGE */
export function parseSut(text: string): SutLaunch {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = text.slice(colon + 1).trim();
  if (kind === "stdio") return stdio(rest);
  if (kind === "http" || kind === "https") return http(rest.startsWith("//") ? text : rest);
  throw new UsageError("KVP_E_USAGE", `--sut must be ${FORMS}, not "${text}"${didYouMean(kind, KINDS)}`);
}

function stdio(line: string): SutLaunch {
  const [command, ...args] = commandWords(line);
  if (command) return { kind: "stdio", command, args };
  throw new UsageError("KVP_E_USAGE", '--sut "stdio:…" names no program');
}

function http(line: string): SutLaunch {
  const [url = "", command, ...args] = commandWords(line);
  // Placeholders are filled in by the lab; they must not keep the rest from being checked.
  const checked = URL.parse(url.replaceAll("{address}", "127.0.0.1").replaceAll("{port}", "1"));
  if (checked === null || !["http:", "https:"].includes(checked.protocol)) {
    throw new UsageError("KVP_E_USAGE", `--sut "http:…" needs a URL such as http://127.0.0.1:8080, not "${url}"`);
  }
  if (command === undefined && url.includes("{"))
    throw new UsageError("KVP_E_USAGE", "{address} and {port} are filled in only where --sut names a command to start");
  return command === undefined ? { kind: "http", url } : { kind: "http", url, command, args };
}

/** `lora,salt=false,lease_ms=30000` @throws UsageError KVP_E_USAGE */
export function parseClaims(text: string): NonNullable<HttpLaunch["claims"]> {
  const claims: Record<string, boolean | number> = {};
  for (const entry of text.split(",").map((part) => part.trim())) {
    const [name = "", value = "true"] = entry.split("=");
    const number = Number(value);
    if (name === "lease_ms" && value !== "" && Number.isInteger(number) && number >= 0) claims[name] = number;
    else if (isClaimable(name) && (value === "true" || value === "false")) claims[name] = value === "true";
    else {
      const known = [...CLAIMABLE, "lease_ms"];
      const problem = known.includes(name) ? `"${value}" is no value of ${name}` : `nothing can be claimed as ${name}`;
      throw new UsageError(
        "KVP_E_USAGE",
        `--sut-claims: ${problem}${didYouMean(name, known)}; known: ${known.join(", ")}`,
      );
    }
  }
  return claims;
}

function isClaimable(name: string): name is (typeof CLAIMABLE)[number] {
  return (CLAIMABLE as readonly string[]).includes(name);
}
