/** Loading and unloading LoRA adapters at run time; the routes exist only with --enable-lora, as in vLLM. */
import type { Engine } from "../engine.js";
import { type Call, type Handler, sendText } from "./http-server.js";
import { badRequest } from "./openai-error.js";
import { bodyObject, optionalBoolean, optionalString } from "./request-fields.js";

export function adapterRoutes(engine: Engine): [string, Handler][] {
  if (!engine.options.enableLora) return [];
  return [
    ["POST /v1/load_lora_adapter", (call) => load(engine, call)],
    ["POST /v1/unload_lora_adapter", (call) => unload(engine, call)],
  ];
}

async function load(engine: Engine, call: Call): Promise<void> {
  const body = bodyObject(await call.json());
  const name = optionalString(body, "lora_name");
  const path = optionalString(body, "lora_path");
  if (!name || !path) throw badRequest("Both 'lora_name' and 'lora_path' must be provided.");
  engine.adapters.load(name, path, optionalBoolean(body, "load_inplace"));
  sendText(call.res, 200, `Success: LoRA adapter '${name}' added successfully.`);
}

async function unload(engine: Engine, call: Call): Promise<void> {
  const name = optionalString(bodyObject(await call.json()), "lora_name");
  if (!name) throw badRequest("'lora_name' needs to be provided to unload a LoRA adapter.");
  engine.adapters.unload(name);
  sendText(call.res, 200, `Success: LoRA adapter '${name}' removed successfully.`);
}
