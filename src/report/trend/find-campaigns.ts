/** Where campaigns lie below a folder: `runs/`, or a folder into which artifacts of many CI runs were collected. */
import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { asError } from "../../base/errors.js";
import { RUN_FILES } from "../../judge/run-summary.js";

const MAX_DEPTH = 6;
const MAX_FOLDERS = 20_000;
/** Older ones are not read. */
const MAX_CAMPAIGNS = 500;

export interface FoundCampaigns {
  /** Folders with a campaign.json. */
  readonly folders: readonly string[];
  /** What was not looked at, and why. */
  readonly notes: readonly string[];
}

/** Follows no links (`latest`) and looks into no run directory. */
export function findCampaigns(root: string): FoundCampaigns {
  const found: string[] = [];
  const notes: string[] = [];
  let level = [root];
  let folders = 0;
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) {
    const room = MAX_FOLDERS - folders;
    if (level.length > room) notes.push(`more than ${MAX_FOLDERS} folders below ${root}; the rest was not looked at`);
    const looked = level.slice(0, room);
    folders += looked.length;
    level = looked.flatMap((folder) => {
      const entries = entriesOf(folder, notes);
      const names = new Set(entries.map(({ name }) => name));
      if (names.has(RUN_FILES.campaign)) found.push(folder);
      if (names.has(RUN_FILES.campaign) || names.has(RUN_FILES.summary)) return [];
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
    });
  }
  if (found.length <= MAX_CAMPAIGNS) return { folders: found, notes };
  notes.push(`${found.length} campaigns; the newest ${MAX_CAMPAIGNS} are read`);
  const writtenAt = new Map(found.map((folder) => [folder, statSync(join(folder, RUN_FILES.campaign)).mtimeMs]));
  const newest = found.sort((a, b) => (writtenAt.get(b) ?? 0) - (writtenAt.get(a) ?? 0)).slice(0, MAX_CAMPAIGNS);
  return { folders: newest, notes };
}

function entriesOf(folder: string, notes: string[]): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (thrown) {
    notes.push(`${folder} was not looked at: ${asError(thrown).message}`);
    return [];
  }
}
