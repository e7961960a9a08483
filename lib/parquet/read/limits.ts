/**
 * What is believed of a file, at most: far more than Tempo writes (pages of 256 KiB, row groups of 100 MB), so little
 * that no lie about a size takes the memory of the machine.
 */

/** Values of a page, those that are absent among them. */
export const maxPageValues: number = 1 << 22

/** Values of a column in a row group, those that are absent among them. */
export const maxChunkValues: number = 1 << 25

/** Bytes of a page after decompression. */
export const maxPageBytes: number = 1 << 28

/** Bytes of the header of a page: it holds the least and the greatest value. */
export const maxHeaderBytes: number = 1 << 16

/** Pages of a column in a row group. */
export const maxPagesOfChunk: number = 1 << 20

/** Bytes of an index of pages. */
export const maxIndexBytes: number = 1 << 26
