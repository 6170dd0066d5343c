/* Loops over n-grams and terms, for compiled.py beside this, which says what each does.
 *
 * No loop keeps memory: tables, inputs and results are arrays of the caller's, whose sizes he
 * has checked. What is looked up is made ready some looks ahead, so that the caches miss side
 * by side and not one after another. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* A second version of a loop for processors that convert and multiply eight numbers at once,
 * chosen when the library is loaded, where compiler and system can do that. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define ALSO_WIDE __attribute__((target_clones("arch=haswell", "default")))
#else
#define ALSO_WIDE
#endif

#ifndef SOURCE
#define SOURCE 0 /* a check sum of this file, which whoever compiles it gives */
#endif

enum {
    AT_ONCE = 256, /* so much is looked up together */
    MOST_LENGTHS = 64, /* an n-gram has at most as many ids as a code has bits */
    CACHE_LINE = 64,
    DIGIT_BITS = 8,
    DIGITS = 1 << DIGIT_BITS,
    SYMBOL_BITS = 21, /* of a code point */
    N_PAIRS = 1 << 18,
    LONGEST_RUN = 1000, /* of a table that nobody filled on purpose, some 100 */
    NO_MEMORY = -1,
    NO_TABLE = -1,
};

EXPORT uint32_t source(void) { return SOURCE; }

/* --- a hash table with open addressing; no key is 0 ------------------------------------- */

typedef struct {
    uint64_t key;
    int64_t value;
} Slot;

static inline uint64_t home(uint64_t key, int32_t bits) {
    return (key * 0x9E3779B97F4A7C15ULL) >> (64 - bits); /* Knuth, vol. 3, 6.4 */
}

static inline Slot *slot_of(Slot *slots, int32_t bits, uint64_t key) {
    const uint64_t mask = ((uint64_t)1 << bits) - 1;
    uint64_t at = home(key, bits);
    while (slots[at].key != key && slots[at].key != 0) at = (at + 1) & mask;
    return slots + at;
}

/* The same to put a key in; NULL if keys crowd, as those of a hostile model may. */
static inline Slot *free_slot_of(Slot *slots, int32_t bits, uint64_t key) {
    Slot *slot = slot_of(slots, bits, key);
    const uint64_t mask = ((uint64_t)1 << bits) - 1;
    const uint64_t run = ((uint64_t)(slot - slots) - home(key, bits)) & mask;
    return run > LONGEST_RUN ? NULL : slot;
}

/* --- n-grams ------------------------------------------------------------------------------ */

typedef struct {
    Slot *slots; /* of codes: the column of each */
    const double *idf;
    int64_t n_columns;
    int32_t slot_bits, id_bits, shortest, longest;
} Ngrams;

EXPORT int64_t fill(Slot *slots, int32_t bits, const uint64_t *codes, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        Slot *slot = free_slot_of(slots, bits, codes[i]);
        if (!slot) return NO_TABLE;
        slot->key = codes[i];
        slot->value = i;
    }
    return 0;
}

/* By the digits of the numbers, the last one first. */
static void sort(uint32_t *numbers, uint32_t *spare, int64_t n, uint64_t below) {
    uint32_t *from = numbers, *to = spare;
    for (int shift = 0; shift < 32 && (below - 1) >> shift; shift += DIGIT_BITS) {
        int64_t places[DIGITS] = {0}, sum = 0;
        for (int64_t i = 0; i < n; i++) places[from[i] >> shift & (DIGITS - 1)]++;
        for (int digit = 0; digit < DIGITS; digit++) {
            const int64_t count = places[digit];
            places[digit] = sum;
            sum += count;
        }
        for (int64_t i = 0; i < n; i++) to[places[from[i] >> shift & (DIGITS - 1)]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != numbers) memcpy(numbers, from, (size_t)n * sizeof *numbers);
}

static inline void fetch(const char *from, int64_t n_bytes) {
    for (int64_t at = 0; at < n_bytes; at += CACHE_LINE) __builtin_prefetch(from + at);
    __builtin_prefetch(from + n_bytes - 1);
}

/* The columns of the n-grams of one row, ascending, as often as they occur. What else there is
 * of a column, `width` bytes each, is wanted next. */
static int64_t columns_of(
    const Ngrams *ngrams, const int64_t *ids, int64_t n_ids, const void *of_columns, int64_t width,
    uint32_t *columns, uint32_t *spare
) {
    uint64_t codes[AT_ONCE + MOST_LENGTHS];
    int64_t n_found = 0, n_codes = 0;
    for (int64_t i = 0; i < n_ids; i++) {
        uint64_t code = 0;
        for (int64_t j = i; j < n_ids && j < i + ngrams->longest && ids[j]; j++) {
            /* The first id alone: a shift by all 64 bits has no meaning. */
            code = j == i ? (uint64_t)ids[j] : code << ngrams->id_bits | (uint64_t)ids[j];
            if (j - i + 1 < ngrams->shortest) continue;
            __builtin_prefetch(ngrams->slots + home(code, ngrams->slot_bits));
            codes[n_codes++] = code;
        }
        if (n_codes < AT_ONCE && i + 1 < n_ids) continue;
        for (int64_t c = 0; c < n_codes; c++) {
            const Slot *slot = slot_of(ngrams->slots, ngrams->slot_bits, codes[c]);
            if (!slot->key) continue;
            columns[n_found++] = (uint32_t)slot->value;
            __builtin_prefetch(ngrams->idf + slot->value);
            if (width) fetch((const char *)of_columns + slot->value * width, width);
        }
        n_codes = 0;
    }
    sort(columns, spare, n_found, (uint64_t)ngrams->n_columns);
    return n_found;
}

/* Room for the columns of the longest row, twice. */
static uint32_t *room(const Ngrams *ngrams, const int64_t *lengths, int64_t n_rows) {
    int64_t most = 1;
    for (int64_t row = 0; row < n_rows; row++) {
        if (lengths[row] > most) most = lengths[row];
    }
    return malloc(2 * (size_t)most * (size_t)ngrams->longest * sizeof(uint32_t));
}

/* Step over the equal columns from `i`, and give the value that they make together. */
static inline double value_of(
    const Ngrams *ngrams, const uint32_t *columns, int64_t n, int64_t *i
) {
    const uint32_t column = columns[*i];
    const int64_t begin = *i;
    while (*i < n && columns[*i] == column) ++*i;
    const int64_t count = *i - begin;
    return count == 1 ? ngrams->idf[column] : (1 + log((double)count)) * ngrams->idf[column];
}

EXPORT int64_t rows(
    const Ngrams *ngrams, const int64_t *ids, const int64_t *lengths, int64_t n_rows,
    int64_t *starts, int64_t *out_columns, double *out_values
) {
    uint32_t *columns = room(ngrams, lengths, n_rows);
    if (!columns) return NO_MEMORY;
    int64_t n_entries = 0;
    for (int64_t row = 0; row < n_rows; ids += lengths[row], row++) {
        uint32_t *spare = columns + lengths[row] * ngrams->longest;
        const int64_t n = columns_of(ngrams, ids, lengths[row], NULL, 0, columns, spare);
        double square = 0;
        starts[row] = n_entries;
        for (int64_t i = 0; i < n;) {
            out_columns[n_entries] = columns[i];
            const double value = value_of(ngrams, columns, n, &i);
            square += value * value;
            out_values[n_entries++] = value;
        }
        const double length = sqrt(square);
        for (int64_t i = starts[row]; i < n_entries; i++) out_values[i] /= length;
    }
    starts[n_rows] = n_entries;
    free(columns);
    return n_entries;
}

/* A finite half-precision number: its bits moved, and the exponent put right, which is exact. */
static inline float single(uint16_t half) {
    union {
        uint32_t bits;
        float number;
    } it = {(uint32_t)(half & 0x7fff) << 13};
    it.number *= 0x1p112f;
    it.bits |= (uint32_t)(half & 0x8000) << 16;
    return it.number;
}

EXPORT ALSO_WIDE int64_t scores(
    const Ngrams *ngrams, const int64_t *ids, const int64_t *lengths, int64_t n_rows,
    const void *weights, int32_t weight_bytes, int64_t n_labels, double *out
) {
    const int64_t width = n_labels * weight_bytes;
    const uint16_t *halves = weights;
    const float *singles = weights;
    uint32_t *columns = room(ngrams, lengths, n_rows);
    if (!columns) return NO_MEMORY;
    memset(out, 0, (size_t)(n_rows * n_labels) * sizeof *out);
    for (int64_t row = 0; row < n_rows; ids += lengths[row], out += n_labels, row++) {
        uint32_t *spare = columns + lengths[row] * ngrams->longest;
        const int64_t n = columns_of(ngrams, ids, lengths[row], weights, width, columns, spare);
        double square = 0;
        for (int64_t i = 0; i < n;) {
            const int64_t first = (int64_t)columns[i] * n_labels;
            const double value = value_of(ngrams, columns, n, &i);
            square += value * value;
            if (weight_bytes == sizeof *halves) {
                for (int64_t j = 0; j < n_labels; j++) out[j] += value * single(halves[first + j]);
            } else {
                for (int64_t j = 0; j < n_labels; j++) out[j] += value * singles[first + j];
            }
        }
        const double length = sqrt(square);
        if (n) {
            for (int64_t j = 0; j < n_labels; j++) out[j] /= length;
        }
    }
    free(columns);
    return 0;
}

/* --- terms --------------------------------------------------------------------------------- */

typedef struct {
    Slot *slots;           /* of a node and a code point: the node that they lead to, from 1 */
    const uint8_t *pairs;  /* a bit for every pair of points, folded: may it begin a term? */
    const int64_t *ending; /* the term that ends at each node, or -1 */
    const int64_t *label, *weight;
    int64_t n_labels;
    int32_t slot_bits;
} Terms;

static inline uint64_t step(int64_t node, uint32_t point) {
    /* The root is 0, and so would be its step by the code point 0. */
    return ((uint64_t)node << SYMBOL_BITS | point) + 1;
}

/* Most places of a text begin no term, and two points tell. That all terms have two is the
 * caller's to see to. */
static inline uint32_t pair(uint32_t first, uint32_t second) {
    return (first * 4099 + second) % N_PAIRS;
}

EXPORT int64_t plant(
    Slot *slots, int32_t bits, uint8_t *pairs, const uint32_t *points, const int64_t *lengths,
    int64_t n_terms, int64_t *ending
) {
    int64_t n_nodes = 1;
    for (int64_t term = 0; term < n_terms; points += lengths[term], term++) {
        const uint32_t both = pair(points[0], points[1]);
        pairs[both / 8] |= (uint8_t)(1 << both % 8);
        int64_t node = 0;
        for (int64_t i = 0; i < lengths[term]; i++) {
            Slot *slot = free_slot_of(slots, bits, step(node, points[i]));
            if (!slot) return NO_TABLE;
            if (!slot->key) {
                slot->key = step(node, points[i]);
                slot->value = n_nodes++;
            }
            node = slot->value;
        }
        ending[node] = term;
    }
    return 0;
}

static inline int64_t next(const Terms *terms, int64_t node, uint32_t point) {
    return slot_of(terms->slots, terms->slot_bits, step(node, point))->value; /* 0 if empty */
}

EXPORT void hits(
    const Terms *terms, const uint32_t *points, const int64_t *lengths, int64_t n_texts,
    double *out
) {
    memset(out, 0, (size_t)(n_texts * terms->n_labels) * sizeof *out);
    for (int64_t text = 0; text < n_texts; points += lengths[text], out += terms->n_labels, text++) {
        int64_t covered = 0;
        for (int64_t start = 0; start + 1 < lengths[text]; start++) {
            const uint32_t both = pair(points[start], points[start + 1]);
            if (!(terms->pairs[both / 8] >> both % 8 & 1)) continue;
            int64_t node = 0, found = -1, end = 0;
            for (int64_t i = start; i < lengths[text]; i++) {
                node = next(terms, node, points[i]);
                if (!node) break;
                if (terms->ending[node] < 0) continue;
                found = terms->ending[node];
                end = i + 1;
            }
            if (found >= 0 && end > covered) { /* else inside another */
                out[terms->label[found]] += (double)terms->weight[found];
                covered = end;
            }
        }
    }
}
