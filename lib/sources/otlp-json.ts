import { readOtlpJson } from '../otlp/json.ts'
import { looksLikeDocument } from '../otlp/json-detect.ts'
import type { Source } from './source.ts'

/** OTLP JSON as collectors, SDKs and Tempo's API write it: documents, JSON lines or arrays of documents. */
export const otlpJson: Source = {
  name: 'otlp-json',
  title: 'OTLP JSON',
  detect: looksLikeDocument,
  read: (chunks, losses) => readOtlpJson(chunks, (field, count) => losses.drop(field, count), losses),
}
