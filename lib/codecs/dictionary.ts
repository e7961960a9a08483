import { LabError } from '../error.ts'

/** A column of strings as distinct entries and a code (index of the entry) a row. */
export interface Dictionary {
  entries: readonly string[]
  codes: Uint32Array
}

/** Entries in the order of their first use. */
export function encodeDictionary(strings: readonly string[]): Dictionary {
  const codeOf = new Map<string, number>()
  const codes = new Uint32Array(strings.length)
  for (let i = 0; i < strings.length; i++) {
    const text = strings[i]!
    const code = i > 0 && text === strings[i - 1] ? codes[i - 1] : codeOf.get(text)
    codes[i] = code ?? codeOf.size
    if (code === undefined) codeOf.set(text, codeOf.size)
  }
  return { entries: [...codeOf.keys()], codes }
}

/** The same column with the most frequent entry first; of equally frequent ones the order stays. */
export function sortByFrequency({ entries, codes }: Dictionary): Dictionary {
  const counts = new Uint32Array(entries.length)
  for (let i = 0; i < codes.length; i++) counts[codes[i]]++
  const order = Uint32Array.from(entries.keys()).sort((a, b) => counts[b] - counts[a] || a - b)
  return reorder({ entries, codes }, order)
}

/** The same column with its entries in the order of their UTF-16 units: ranges of strings become ranges of codes. */
export function sortByText({ entries, codes }: Dictionary): Dictionary {
  const order = Uint32Array.from(entries.keys()).sort((a, b) => (entries[a]! < entries[b]! ? -1 : 1))
  return reorder({ entries, codes }, order)
}

/** The column. A code without an entry is a `corrupt` error. */
export function decodeDictionary({ entries, codes }: Dictionary): string[] {
  const strings = new Array<string>(codes.length)
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]
    if (code >= entries.length)
      throw new LabError('corrupt', `dictionary: code ${code} in row ${i}, there are ${entries.length} entries`)
    strings[i] = entries[code]!
  }
  return strings
}

function reorder({ entries, codes }: Dictionary, order: Uint32Array): Dictionary {
  const newCode = new Uint32Array(order.length)
  for (let i = 0; i < order.length; i++) newCode[order[i]] = i
  return { entries: Array.from(order, old => entries[old]!), codes: codes.map(code => newCode[code]) }
}
