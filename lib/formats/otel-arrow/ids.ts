/** How OTel-Arrow encodes ids, so that they compress: as differences. */

/** Differences of ascending ids; the first is itself. */
export function delta(ids: readonly number[]): number[] {
  return ids.map((id, i) => (i === 0 ? id : id - ids[i - 1]!))
}

/** The inverse of `delta`. */
export function undelta(differences: readonly number[]): number[] {
  let id = 0
  return differences.map(difference => {
    id += difference
    return id
  })
}

/** Differences where a row equals the one before it, `isSame(row)`; else ids. */
export function quasiDelta(ids: readonly number[], isSame: (row: number) => boolean): number[] {
  return ids.map((id, i) => (i > 0 && isSame(i) ? id - ids[i - 1]! : id))
}

/** The inverse of `quasiDelta`. */
export function unquasiDelta(encoded: readonly number[], isSame: (row: number) => boolean): number[] {
  let id = 0
  return encoded.map((value, i) => {
    id = i > 0 && isSame(i) ? id + value : value
    return id
  })
}
