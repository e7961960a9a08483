import type { Format } from '../format.ts'
import { readOtlpJson, writeOtlpJson } from './json.ts'
import { looksLikeDocument } from './json-detect.ts'

/** OTLP JSON as collectors, SDKs and Tempo's API write it: documents, JSON lines or arrays of documents. */
export const otlpJson: Format = {
  name: 'otlp-json',
  title: 'OTLP JSON',
  detect: looksLikeDocument,
  read: (chunks, losses) => readOtlpJson(chunks, (field, count) => losses.drop(field, count), losses),
  write: writeOtlpJson,
}
