/**
 * A system under test that may be down for a while: whoever asks it then gets an error, and goes on. Independent of how it is
 * launched and reached; a new life is connected through the same driver.
 */
import { UnavailableError } from "../../base/errors.js";
import type { AppliedRecord } from "../../judge/history/load-records.js";
import type { SutCapabilities } from "../../judge/history/records.js";
import type { GatewayHandle } from "../ports.js";
import type {
  AwaitedChoice,
  EngineRegistration,
  MatchQuery,
  ProfileControl,
  RouteAnswer,
  Signal,
  SutDriver,
  SutVitals,
  SystemUnderTest,
} from "./port.js";

export class RestartableSut implements SystemUnderTest {
  readonly name: string;
  readonly version: string;
  readonly capabilities: SutCapabilities;
  readonly openaiUrl: string | null;
  readonly minMatchBlocks: number;
  readonly #driver: SutDriver;
  readonly #seed: number;
  #life: SystemUnderTest | null;

  /** `seed` is told to every life anew. */
  static async connect(driver: SutDriver, gateway: GatewayHandle, seed = 0): Promise<RestartableSut> {
    return new RestartableSut(driver, await driver.connect(gateway, seed), seed);
  }

  private constructor(driver: SutDriver, first: SystemUnderTest, seed: number) {
    this.#driver = driver;
    this.#seed = seed;
    this.#life = first;
    this.name = first.name;
    this.version = first.version;
    this.capabilities = first.capabilities;
    this.openaiUrl = first.openaiUrl;
    this.minMatchBlocks = first.minMatchBlocks ?? driver.minMatchBlocks;
  }

  /** It has metrics of its own that move when something is wrong. */
  get tellsOfFaults(): boolean {
    return this.#life?.signals !== undefined;
  }

  get up(): boolean {
    return this.#life !== null;
  }

  /** Its process is about to end: what is asked from now on fails at once. */
  async disconnect(): Promise<void> {
    const life = this.#life;
    this.#life = null;
    await (life?.letGo === undefined ? life?.stop() : life.letGo());
  }

  async reconnect(gateway: GatewayHandle): Promise<void> {
    this.#life = await this.#driver.connect(gateway, this.#seed);
  }

  async addEngine(engine: EngineRegistration): Promise<void> {
    await this.#alive().addEngine(engine);
  }
  async removeEngine(engine: string): Promise<void> {
    await this.#alive().removeEngine(engine);
  }
  async match(query: MatchQuery): Promise<Record<string, number>> {
    return this.#alive().match(query);
  }
  async route(query: MatchQuery, loads: Readonly<Record<string, number>>): Promise<RouteAnswer> {
    return this.#alive().route(query, loads);
  }
  /** Whether {@link routeUntil} waits in the system itself. */
  get awaitsDecisions(): boolean {
    return this.#life?.routeUntil !== undefined;
  }
  async routeUntil(
    query: MatchQuery,
    loads: Readonly<Record<string, number>>,
    until: AwaitedChoice,
  ): Promise<RouteAnswer> {
    const life = this.#alive();
    return life.routeUntil === undefined ? life.route(query, loads) : life.routeUntil(query, loads, until);
  }
  async dump(): ReturnType<SystemUnderTest["dump"]> {
    return this.#alive().dump();
  }
  async streams(): ReturnType<SystemUnderTest["streams"]> {
    return this.#alive().streams();
  }
  async counters(): ReturnType<SystemUnderTest["counters"]> {
    return this.#alive().counters();
  }
  async signals(): Promise<readonly Signal[]> {
    return (await this.#alive().signals?.()) ?? [];
  }
  async applied(): Promise<readonly Omit<AppliedRecord, "k" | "at">[]> {
    return (await this.#alive().applied?.()) ?? [];
  }
  /** null = it cannot. */
  async profile(control: ProfileControl): Promise<unknown> {
    return (await this.#alive().profile?.(control)) ?? null;
  }
  /** False = it cannot. */
  async snapshotInto(file: string): Promise<boolean> {
    const life = this.#alive();
    await life.heapSnapshot?.(file);
    return life.heapSnapshot !== undefined;
  }
  async vitals(): Promise<SutVitals> {
    return this.#alive().vitals();
  }
  async stop(): Promise<void> {
    const life = this.#life;
    this.#life = null;
    await life?.stop();
  }

  #alive(): SystemUnderTest {
    if (this.#life !== null) return this.#life;
    throw new UnavailableError("KVP_E_SUT_UNAVAILABLE", `${this.name} is down`);
  }
}
