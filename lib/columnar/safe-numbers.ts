/** Numbers that are exact as doubles; the rows of those that are not stand apart with their exact values. */
export class Numbers {
  readonly values: number[] = []
  readonly exceptions: { row: number; value: bigint }[] = []

  push(value: bigint): void {
    if (value >= -safeLimit && value <= safeLimit) {
      this.values.push(Number(value))
      return
    }
    this.exceptions.push({ row: this.values.length, value })
    this.values.push(0)
  }
}

/** Differences of two values below it are exact, too. */
const safeLimit = 2n ** 52n
