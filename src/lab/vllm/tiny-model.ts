/**
 * A Llama so small that a CPU serves it, as files that vLLM reads: a configuration and a tokenizer (word "w17" is token 17). There
 * are no weights: vLLM makes random ones. Adapters do have some, because vLLM reads those from a file.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Rng } from "../../base/rng.js";
import { MAX_MODEL_LENGTH } from "./vllm-arguments.js";

const VOCABULARY = 32_000;
const SPECIAL = ["<unk>", "<s>", "</s>"];
const HIDDEN = 64;
const LAYERS = 2;
const HEADS = 2;
const HEAD_SIZE = 32;
const ADAPTER_RANK = 8;
const ADAPTED = ["q_proj", "v_proj"];
const FLOAT_BYTES = 4;

const configuration = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_size: HIDDEN,
  intermediate_size: 2 * HIDDEN,
  num_hidden_layers: LAYERS,
  num_attention_heads: HEADS,
  num_key_value_heads: HEADS,
  head_dim: HEAD_SIZE,
  hidden_act: "silu",
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  vocab_size: VOCABULARY,
  max_position_embeddings: MAX_MODEL_LENGTH,
  tie_word_embeddings: false,
  bos_token_id: 1,
  eos_token_id: 2,
  torch_dtype: "float32",
};

const tokenizerConfiguration = {
  tokenizer_class: "PreTrainedTokenizerFast",
  unk_token: "<unk>",
  bos_token: "<s>",
  eos_token: "</s>",
  model_max_length: MAX_MODEL_LENGTH,
  chat_template: "{% for m in messages %}{{ m['role'] }} {{ m['content'] }} {% endfor %}",
};

/** Its files by name; the same every time. */
export function tinyModelFiles(): Record<string, string> {
  const words = Array.from({ length: VOCABULARY }, (_, i) => [SPECIAL[i] ?? `w${i}`, i] as const);
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: null,
    model: { type: "WordLevel", vocab: Object.fromEntries(words), unk_token: "<unk>" },
  };
  return {
    "config.json": JSON.stringify(configuration, null, 1),
    "tokenizer.json": JSON.stringify(tokenizer),
    "tokenizer_config.json": JSON.stringify(tokenizerConfiguration, null, 1),
  };
}

export function writeTinyModel(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(tinyModelFiles())) writeFileSync(join(folder, name), text);
}

/** Writes an adapter of the tiny model: small random weights that follow from `seed`. */
export function writeTinyAdapter(folder: string, seed: number): void {
  mkdirSync(folder, { recursive: true });
  const description = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    r: ADAPTER_RANK,
    lora_alpha: 2 * ADAPTER_RANK,
    lora_dropout: 0,
    bias: "none",
    target_modules: ADAPTED,
    base_model_name_or_path: "tiny",
  };
  writeFileSync(join(folder, "adapter_config.json"), JSON.stringify(description));
  writeFileSync(join(folder, "adapter_model.safetensors"), safetensors(adapterTensors(), new Rng(seed)));
}

interface Tensor {
  readonly name: string;
  readonly shape: readonly [number, number];
}

function adapterTensors(): Tensor[] {
  const tensors: Tensor[] = [];
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const part of ADAPTED) {
      const name = `base_model.model.model.layers.${layer}.self_attn.${part}`;
      tensors.push({ name: `${name}.lora_A.weight`, shape: [ADAPTER_RANK, HIDDEN] });
      tensors.push({ name: `${name}.lora_B.weight`, shape: [HEADS * HEAD_SIZE, ADAPTER_RANK] });
    }
  }
  return tensors;
}

/** The file format: length of the header (u64 little-endian), the header as JSON, then all numbers. */
function safetensors(tensors: readonly Tensor[], rng: Rng): Buffer {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const { name, shape } of tensors) {
    const begin = end;
    end += shape[0] * shape[1] * FLOAT_BYTES;
    header[name] = { dtype: "F32", shape, data_offsets: [begin, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const file = Buffer.alloc(8 + text.length + end);
  file.writeBigUInt64LE(BigInt(text.length), 0);
  text.copy(file, 8);
  for (let at = 8 + text.length; at < file.length; at += FLOAT_BYTES) file.writeFloatLE((rng.float() - 0.5) / 5, at);
  return file;
}
