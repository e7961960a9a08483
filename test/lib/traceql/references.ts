import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, test } from 'vitest'
import { Losses } from '../../../lib/formats/losses.ts'
import { readInputs } from '../../../lib/import/input.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import type { SearchAnswer } from '../../../lib/traceql/answers/search.ts'
import { corpusPath } from '../../support/corpora.ts'
import { joinPieces } from '../../support/traces.ts'

/** A file of the reference beside the repository. */
export function referencePath(path: string): string {
  return corpusPath(`../reference/${path}`)
}

/** A suite that reads files of the reference; where one is absent it is skipped, not even begun, and its name says so. */
export function describeReference(name: string, paths: readonly string[], suite: () => void): void {
  describeFiles(name, paths.map(referencePath), suite)
}

/** As describeReference, for files anywhere. */
export function describeFiles(name: string, paths: readonly string[], suite: () => void): void {
  const missing = paths.find(path => !existsSync(path))
  if (missing === undefined) describe(name, suite)
  else describe.skip(`${name} (nothing at ${missing}: set TRACE_CORPORA)`, () => test('is skipped', () => {}))
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(referencePath(path), 'utf8'))
}

export function readLines(path: string): unknown[] {
  const bytes = readFileSync(referencePath(path))
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  return text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as unknown)
}

/** The traces of a file, one an id. */
export async function readTraces(path: string): Promise<Trace[]> {
  const pieces: Trace[] = []
  for await (const batch of readInputs([path], { losses: new Losses() }).batches) pieces.push(...batch)
  return joinPieces(pieces)
}

/** Which traces and which spans an answer holds, as the reference states it. */
export function digests({ traces }: SearchAnswer): { tracesSha256: string; spansSha256: string; spanCount: number } {
  const spans = new Set<string>()
  for (const { traceID, spanSets } of traces)
    for (const set of spanSets) for (const { spanID } of set.spans) spans.add(`${traceID.padStart(32, '0')} ${spanID}`)
  return {
    tracesSha256: digest(traces.map(({ traceID }) => traceID.padStart(32, '0'))),
    spansSha256: digest([...spans]),
    spanCount: spans.size,
  }
}

function digest(lines: readonly string[]): string {
  const hash = createHash('sha256')
  for (const line of [...lines].sort()) hash.update(`${line}\n`)
  return hash.digest('hex')
}

/** Tempo's engine counts what starts in `(start, end]` of whole intervals; its API puts one more in front. */
export function tempoRange({ start, end, stepNs }: Record<'start' | 'end' | 'stepNs', string | number>) {
  const stepNanos = BigInt(stepNs)
  const startNanos = (BigInt(start) / stepNanos) * stepNanos + 1n
  const endNanos = ((BigInt(end) + stepNanos - 1n) / stepNanos) * stepNanos + 1n
  return { startNanos, endNanos, stepNanos }
}
