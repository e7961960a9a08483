import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Case, parseCases } from './case.ts'

const folder = join(import.meta.dirname, 'cases')

/** The topics in the order of their files, which begin with a number. */
export function topicNames(): string[] {
  return caseFiles().map(topicOf)
}

function caseFiles(): string[] {
  return readdirSync(folder).sort()
}

function topicOf(file: string): string {
  return /^\d+-(.*)\.txt$/.exec(file)![1]!
}

/** The cases of some topics, or of all. */
export function readCases(topics: readonly string[] = topicNames()): Case[] {
  return caseFiles()
    .filter(file => topics.includes(topicOf(file)))
    .flatMap(file => parseCases(topicOf(file), readFileSync(join(folder, file), 'utf8')))
}
