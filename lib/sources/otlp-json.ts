import { firstKeys } from '../json/first-keys.ts'
import { documentShape, readOtlpJson } from '../otlp/json.ts'
import type { Source } from './source.ts'

/** OTLP JSON as collectors, SDKs and Tempo's API write it: documents, JSON lines or arrays of documents. */
export const otlpJson: Source = {
  name: 'otlp-json',
  title: 'OTLP JSON',
  detect: head => firstKeys(head, documentShape.wrappers, true).some(key => documentShape.arrays.includes(key)),
  read: (chunks, losses) => readOtlpJson(chunks, field => losses.drop(field), losses),
}
