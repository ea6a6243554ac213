// AssemblyScript, compiled by scripts/build-kernel.ts into tree-kernel-bytes.ts. What lies where in the memory is said in
// memory.ts, and plain.ts does the same in JavaScript, operation by operation, so that both give the same bits.

const OUT: usize = 512;

const SLOTS: usize = 0;
const BUNDLES: usize = 4;
const BUNDLE_RECORDS: usize = 8;
const VALUES: usize = 12;
const CODES: usize = 16;
const BLOCKS: usize = 20;
const BLOCK_STARTS: usize = 24;
const ENTRIES: usize = 28;
const INDEXES: usize = 32;
const RUNS: usize = 36;
const RUN_COUNT: usize = 40;
const BASES: usize = 44;
const PLACES: usize = 48;
const CELLS: usize = 52;
const LEAVES: usize = 56;
const LEAF_COUNT: usize = 60;
const LEAF_LANES: usize = 64;
const VECTORS: usize = 68;
const EVERY_ROW: usize = 72;
const WEIGHTS: usize = 76;
const EQUAL_WEIGHTS: usize = 80;
const SHARES: usize = 84;
const SHARE_WIDTH: usize = 88;
const SCRATCH: usize = 92;
const SCRATCH_WIDTH: usize = 96;
const MEMBERS: usize = 100;

/** Explains the rows in VALUES, and leaves cells × rows at OUT. */
export function attribute(rows: u32): void {
  memory.fill(OUT, 0, (load<u32>(CELLS) * rows) << 3);
  const laneBytes: usize = (<usize>load<u32>(BLOCKS)) << 7;
  for (let r: u32 = 0; r < rows; r++) {
    code(<usize>r);
    index(<usize>load<u32>(INDEXES) + <usize>r * laneBytes);
  }
  if (rows == 1) addOne();
  else addMany(<usize>rows, laneBytes);
  if (load<u32>(LEAF_COUNT) == 0) return;
  for (let r: u32 = 0; r < rows; r++) {
    const lanes = <usize>load<u32>(INDEXES) + <usize>r * laneBytes + <usize>load<u32>(LEAF_LANES);
    addLeaves(lanes, <usize>rows, OUT + (<usize>r << 3));
  }
}

/**
 * A number's code is 1 + the number of cuts below it, by halves without a branch; a missing one's is 0. What is kept is
 * where the bundle's code names its vectors, block by block.
 */
function code(row: usize): void {
  const slots: usize = load<u32>(SLOTS);
  const values: usize = <usize>load<u32>(VALUES) + ((row * slots) << 3);
  let into: usize = load<u32>(CODES);
  let bundle: usize = load<u32>(BUNDLE_RECORDS);
  let member: usize = load<u32>(MEMBERS);
  const end = into + ((<usize>load<u32>(BUNDLES)) << 2);
  while (into < end) {
    let sum = load<u32>(bundle);
    const stop: usize = member + <usize>load<u32>(bundle, 4) * 20;
    while (member < stop) {
      const given = load<f64>(values + <usize>load<u32>(member));
      const v = select<f64>(<f64>(<f32>given), given, load<u32>(member, 16) != 0);
      let from: usize = load<u32>(member, 4);
      let left: usize = load<u32>(member, 8);
      let found: u32;
      if (left == 0) {
        found = <u32>v;
      } else {
        const first = from;
        while (left > 1) {
          const half = left >> 1;
          from += (-<usize>(load<f64>(from + (half << 3) - 8) < v)) & (half << 3);
          left -= half;
        }
        from += (<usize>(load<f64>(from) < v)) << 3;
        found = (((<u32>(from - first)) >> 3) + 1) & -(<u32>(v == v));
      }
      sum += found * load<u32>(member, 12);
      member += 20;
    }
    store<u32>(into, sum);
    bundle += 16;
    into += 4;
  }
}

/** Sums up, for 64 lanes at a time, what each bundle's code adds to them. */
function index(into: usize): void {
  const codes: usize = load<u32>(CODES);
  const entries: usize = load<u32>(ENTRIES);
  let block: usize = load<u32>(BLOCK_STARTS);
  const end: usize = block + ((<usize>load<u32>(BLOCKS)) << 2);
  while (block < end) {
    let entry: usize = entries + <usize>load<u32>(block) * 12;
    const last: usize = entries + <usize>load<u32>(block, 4) * 12;
    let a = i16x8.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let e = a;
    let f = a;
    let g = a;
    let h = a;
    while (entry < last) {
      const found: usize = load<u16>(<usize>load<u32>(codes + <usize>load<u32>(entry)) + <usize>load<u32>(entry, 4));
      const at: usize = <usize>load<u32>(entry, 8) + (found << 7);
      a = i16x8.add(a, v128.load(at));
      b = i16x8.add(b, v128.load(at, 16));
      c = i16x8.add(c, v128.load(at, 32));
      d = i16x8.add(d, v128.load(at, 48));
      e = i16x8.add(e, v128.load(at, 64));
      f = i16x8.add(f, v128.load(at, 80));
      g = i16x8.add(g, v128.load(at, 96));
      h = i16x8.add(h, v128.load(at, 112));
      entry += 12;
    }
    v128.store(into, a);
    v128.store(into, b, 16);
    v128.store(into, c, 32);
    v128.store(into, d, 48);
    v128.store(into, e, 64);
    v128.store(into, f, 80);
    v128.store(into, g, 96);
    v128.store(into, h, 112);
    into += 128;
    block += 4;
  }
}

function addOne(): void {
  let run: usize = load<u32>(RUNS);
  const lastRun: usize = run + ((<usize>load<u32>(RUN_COUNT)) << 3);
  let lane: usize = load<u32>(INDEXES);
  let base: usize = load<u32>(BASES);
  let place: usize = load<u32>(PLACES);
  while (run < lastRun) {
    const width: usize = (<usize>load<u32>(run)) << 3;
    const end = lane + ((<usize>load<u32>(run, 4)) << 1);
    while (lane < end) {
      let at: usize = <usize>load<u32>(base) + <usize>load<u16>(lane) * width;
      const stop = at + width;
      while (at < stop) {
        const cell: usize = load<u32>(place);
        store<f64>(cell, load<f64>(cell, OUT) + load<f64>(at), OUT);
        at += 8;
        place += 4;
      }
      lane += 2;
      base += 4;
    }
    run += 8;
  }
}

/**
 * Group by group, so that a table stays in the cache for all rows; two rows a step, and up to six numbers of a group's row
 * at a time, so that where they go is found once for all rows.
 */
function addMany(rows: usize, laneBytes: usize): void {
  let run: usize = load<u32>(RUNS);
  const lastRun: usize = run + ((<usize>load<u32>(RUN_COUNT)) << 3);
  let lane: usize = load<u32>(INDEXES);
  let base: usize = load<u32>(BASES);
  let place: usize = load<u32>(PLACES);
  while (run < lastRun) {
    const numbers: usize = load<u32>(run);
    const width = numbers << 3;
    const end = lane + ((<usize>load<u32>(run, 4)) << 1);
    while (lane < end) {
      let table: usize = load<u32>(base);
      let left = numbers;
      while (left > 0) {
        const taken: usize = left > 6 ? (left < 12 ? left >> 1 : 6) : left;
        if (taken == 6) add6(rows, laneBytes, lane, table, width, place);
        else if (taken == 5) add5(rows, laneBytes, lane, table, width, place);
        else if (taken == 4) add4(rows, laneBytes, lane, table, width, place);
        else if (taken == 3) add3(rows, laneBytes, lane, table, width, place);
        else if (taken == 2) add2(rows, laneBytes, lane, table, width, place);
        else add1(rows, laneBytes, lane, table, width, place);
        left -= taken;
        table += taken << 3;
        place += taken << 2;
      }
      lane += 2;
      base += 4;
    }
    run += 8;
  }
}

// @ts-ignore: decorator
@inline
function cellOf(place: usize, rows: usize): usize {
  return OUT + <usize>load<u32>(place) * rows;
}

// @ts-ignore: decorator
@inline
function addPair(cell: usize, one: usize, two: usize): void {
  const both = v128.load_lane<f64>(two, v128.load64_zero(one), 1);
  v128.store(cell, f64x2.add(v128.load(cell), both));
}

/** 1 number of one group's row, to all rows. */
function add1(rows: usize, laneBytes: usize, lane: usize, table: usize, width: usize, place: usize): void {
  let a: usize = cellOf(place, rows);
  let left = rows;
  for (; left >= 2; left -= 2) {
    const one: usize = table + <usize>load<u16>(lane) * width;
    const two: usize = table + <usize>load<u16>(lane + laneBytes) * width;
    addPair(a, one, two);
    a += 16;
    lane += laneBytes << 1;
  }
  if (left == 0) return;
  const one: usize = table + <usize>load<u16>(lane) * width;
  store<f64>(a, load<f64>(a) + load<f64>(one));
}

function add2(rows: usize, laneBytes: usize, lane: usize, table: usize, width: usize, place: usize): void {
  let a: usize = cellOf(place, rows);
  let b: usize = cellOf(place + 4, rows);
  let left = rows;
  for (; left >= 2; left -= 2) {
    const one: usize = table + <usize>load<u16>(lane) * width;
    const two: usize = table + <usize>load<u16>(lane + laneBytes) * width;
    addPair(a, one, two);
    addPair(b, one + 8, two + 8);
    a += 16;
    b += 16;
    lane += laneBytes << 1;
  }
  if (left == 0) return;
  const one: usize = table + <usize>load<u16>(lane) * width;
  store<f64>(a, load<f64>(a) + load<f64>(one));
  store<f64>(b, load<f64>(b) + load<f64>(one, 8));
}

function add3(rows: usize, laneBytes: usize, lane: usize, table: usize, width: usize, place: usize): void {
  let a: usize = cellOf(place, rows);
  let b: usize = cellOf(place + 4, rows);
  let c: usize = cellOf(place + 8, rows);
  let left = rows;
  for (; left >= 2; left -= 2) {
    const one: usize = table + <usize>load<u16>(lane) * width;
    const two: usize = table + <usize>load<u16>(lane + laneBytes) * width;
    addPair(a, one, two);
    addPair(b, one + 8, two + 8);
    addPair(c, one + 16, two + 16);
    a += 16;
    b += 16;
    c += 16;
    lane += laneBytes << 1;
  }
  if (left == 0) return;
  const one: usize = table + <usize>load<u16>(lane) * width;
  store<f64>(a, load<f64>(a) + load<f64>(one));
  store<f64>(b, load<f64>(b) + load<f64>(one, 8));
  store<f64>(c, load<f64>(c) + load<f64>(one, 16));
}

function add4(rows: usize, laneBytes: usize, lane: usize, table: usize, width: usize, place: usize): void {
  let a: usize = cellOf(place, rows);
  let b: usize = cellOf(place + 4, rows);
  let c: usize = cellOf(place + 8, rows);
  let d: usize = cellOf(place + 12, rows);
  let left = rows;
  for (; left >= 2; left -= 2) {
    const one: usize = table + <usize>load<u16>(lane) * width;
    const two: usize = table + <usize>load<u16>(lane + laneBytes) * width;
    addPair(a, one, two);
    addPair(b, one + 8, two + 8);
    addPair(c, one + 16, two + 16);
    addPair(d, one + 24, two + 24);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    lane += laneBytes << 1;
  }
  if (left == 0) return;
  const one: usize = table + <usize>load<u16>(lane) * width;
  store<f64>(a, load<f64>(a) + load<f64>(one));
  store<f64>(b, load<f64>(b) + load<f64>(one, 8));
  store<f64>(c, load<f64>(c) + load<f64>(one, 16));
  store<f64>(d, load<f64>(d) + load<f64>(one, 24));
}

function add5(rows: usize, laneBytes: usize, lane: usize, table: usize, width: usize, place: usize): void {
  let a: usize = cellOf(place, rows);
  let b: usize = cellOf(place + 4, rows);
  let c: usize = cellOf(place + 8, rows);
  let d: usize = cellOf(place + 12, rows);
  let e: usize = cellOf(place + 16, rows);
  let left = rows;
  for (; left >= 2; left -= 2) {
    const one: usize = table + <usize>load<u16>(lane) * width;
    const two: usize = table + <usize>load<u16>(lane + laneBytes) * width;
    addPair(a, one, two);
    addPair(b, one + 8, two + 8);
    addPair(c, one + 16, two + 16);
    addPair(d, one + 24, two + 24);
    addPair(e, one + 32, two + 32);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    e += 16;
    lane += laneBytes << 1;
  }
  if (left == 0) return;
  const one: usize = table + <usize>load<u16>(lane) * width;
  store<f64>(a, load<f64>(a) + load<f64>(one));
  store<f64>(b, load<f64>(b) + load<f64>(one, 8));
  store<f64>(c, load<f64>(c) + load<f64>(one, 16));
  store<f64>(d, load<f64>(d) + load<f64>(one, 24));
  store<f64>(e, load<f64>(e) + load<f64>(one, 32));
}

function add6(rows: usize, laneBytes: usize, lane: usize, table: usize, width: usize, place: usize): void {
  let a: usize = cellOf(place, rows);
  let b: usize = cellOf(place + 4, rows);
  let c: usize = cellOf(place + 8, rows);
  let d: usize = cellOf(place + 12, rows);
  let e: usize = cellOf(place + 16, rows);
  let f: usize = cellOf(place + 20, rows);
  let left = rows;
  for (; left >= 2; left -= 2) {
    const one: usize = table + <usize>load<u16>(lane) * width;
    const two: usize = table + <usize>load<u16>(lane + laneBytes) * width;
    addPair(a, one, two);
    addPair(b, one + 8, two + 8);
    addPair(c, one + 16, two + 16);
    addPair(d, one + 24, two + 24);
    addPair(e, one + 32, two + 32);
    addPair(f, one + 40, two + 40);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    e += 16;
    f += 16;
    lane += laneBytes << 1;
  }
  if (left == 0) return;
  const one: usize = table + <usize>load<u16>(lane) * width;
  store<f64>(a, load<f64>(a) + load<f64>(one));
  store<f64>(b, load<f64>(b) + load<f64>(one, 8));
  store<f64>(c, load<f64>(c) + load<f64>(one, 16));
  store<f64>(d, load<f64>(d) + load<f64>(one, 24));
  store<f64>(e, load<f64>(e) + load<f64>(one, 32));
  store<f64>(f, load<f64>(f) + load<f64>(one, 40));
}

/**
 * Leaves without a table. A lane's bits say which of the leaf's axes the row fails; only background rows that fulfil
 * those players are alive, and of these it counts how many of the other players each one fails.
 */
function addLeaves(lanes: usize, rows: usize, out: usize): void {
  const vectors: usize = load<u32>(VECTORS);
  const count: u32 = load<u32>(LEAF_COUNT);
  let leaf: usize = load<u32>(LEAVES);
  const scratch: usize = load<u32>(SCRATCH);
  const width: usize = load<u32>(SCRATCH_WIDTH);
  // Scratch, after what counting one leaf takes: a flag a player; then the players inside; then what they gain; then living rows; then what each lacks.
  const failed = scratch + 1152;
  const inside = failed + (width << 2);
  const gains = inside + (width << 2);
  const alive = gains + (width << 3);
  const lacks = alive + (vectors << 4);
  memory.fill(failed, 0, width << 2);
  const shareWidth: usize = load<u32>(SHARE_WIDTH);
  const outsideShares: usize = <usize>load<u32>(SHARES) + ((shareWidth * shareWidth) << 3);
  const equal = load<u32>(EQUAL_WEIGHTS) != 0;
  for (let l: u32 = 0; l < count; l++, leaf += 32) {
    const axes: usize = load<u32>(leaf);
    const mine = lanes;
    lanes += ((axes + 15) >> 4) << 1;
    if (vectors == 1 && equal && axes <= 16) {
      countSmall(leaf, axes, load<u16>(mine), scratch, rows, out);
      continue;
    }
    const players: usize = load<u32>(leaf, 4);
    const owners: usize = load<u32>(leaf, 8);
    const sets: usize = load<u32>(leaf, 12);
    let outside: usize = 0;
    let living: bool = true;
    memory.copy(alive, load<u32>(EVERY_ROW), vectors << 4);
    for (let lane = mine, from: usize = owners; lane < lanes && living; lane += 2, from += 32) {
      for (let bits: u32 = load<u16>(lane); bits != 0 && living; bits &= bits - 1) {
        const player: usize = load<u16>(from + ((<usize>ctz(bits)) << 1));
        if (load<u32>(failed + (player << 2)) == l + 1) continue;
        store<u32>(failed + (player << 2), l + 1);
        outside++;
        let any = i16x8.splat(0);
        for (let v: usize = 0; v < vectors; v++) {
          const left = v128.and(v128.load(alive + (v << 4)), v128.load(sets + ((player * vectors + v) << 4)));
          v128.store(alive + (v << 4), left);
          any = v128.or(any, left);
        }
        living = v128.any_true(any);
      }
    }
    if (!living) continue;

    let most: usize = 0;
    for (let player: usize = 0; player < players; player++) {
      if (load<u32>(failed + (player << 2)) == l + 1) continue;
      let any = i16x8.splat(0);
      for (let v: usize = 0; v < vectors; v++) {
        const lacking = v128.andnot(v128.load(alive + (v << 4)), v128.load(sets + ((player * vectors + v) << 4)));
        v128.store(lacks + ((most * vectors + v) << 4), lacking);
        any = v128.or(any, lacking);
      }
      if (!v128.any_true(any)) continue;
      store<u32>(inside + (most << 2), <u32>player);
      store<f64>(gains + (most << 3), 0);
      most++;
    }
    if (outside == 0 && most == 0) continue;
    const insideShare: usize = <usize>load<u32>(SHARES) + ((outside * shareWidth) << 3);
    const outsideShare = outsideShares + ((outside * shareWidth) << 3);
    let loses: f64 = 0;
    for (let v: usize = 0; v < vectors; v++) {
      const left = v128.load(alive + (v << 4));
      if (!v128.any_true(left)) continue;
      loses +=
        equal && most < 32
          ? byCounts(left, lacks + (v << 4), vectors << 4, most, gains, insideShare, outsideShare)
          : byRows(left, lacks + (v << 4), vectors << 4, most, gains, insideShare, outsideShare, v << 7);
    }
    give(leaf, most, inside, gains, outside == 0 ? 0 : players, failed, l + 1, loses, rows, out);
  }
}

/**
 * The common case, up to 128 equal background rows and 16 axes: everything in one vector, and hardly a branch, since
 * what a row fails is as good as random. The sums are those of the general case, in its order.
 */
function countSmall(leaf: usize, axes: usize, lane: u32, scratch: usize, rows: usize, out: usize): void {
  const players: usize = load<u32>(leaf, 4);
  const owners: usize = load<u32>(leaf, 8);
  const sets: usize = load<u32>(leaf, 12);
  // A bit a player instead of a bit an axis.
  let fails: u32 = lane;
  if (players != axes) {
    fails = 0;
    for (; lane != 0; lane &= lane - 1) fails |= 1 << load<u16>(owners + ((<usize>ctz(lane)) << 1));
  }
  let left = v128.load(<usize>load<u32>(EVERY_ROW));
  for (let bits = fails; bits != 0; bits &= bits - 1) left = v128.and(left, v128.load(sets + ((<usize>ctz(bits)) << 4)));
  if (!v128.any_true(left)) return;

  // Scratch: what each player inside lacks (17 × 16), who it is (17 × 4), and counts' rows and shares, 32 each.
  const lacks = scratch;
  const inside = scratch + 272;
  const masks = scratch + 352;
  const held = scratch + 864;
  let most: usize = 0;
  for (let bits: u32 = ~fails & ((1 << <u32>players) - 1); bits != 0; bits &= bits - 1) {
    const player: usize = ctz(bits);
    const lacking = v128.andnot(left, v128.load(sets + (player << 4)));
    v128.store(lacks + (most << 4), lacking);
    store<u32>(inside + (most << 2), <u32>player);
    most += <usize>v128.any_true(lacking);
  }
  const outside: usize = popcnt(fails);
  if (outside == 0 && most == 0) return;

  let ones = i16x8.splat(0);
  let twos = ones;
  let fours = ones;
  let eights = ones;
  let sixteens = ones;
  for (let at = lacks, end = lacks + (most << 4); at < end; at += 16) {
    const lacking = v128.load(at);
    const carry = v128.and(ones, lacking);
    ones = v128.xor(ones, lacking);
    const next = v128.and(twos, carry);
    twos = v128.xor(twos, carry);
    const more = v128.and(fours, next);
    fours = v128.xor(fours, next);
    sixteens = v128.xor(sixteens, v128.and(eights, more));
    eights = v128.xor(eights, more);
  }
  // The rows of each count, by splitting in two at each digit.
  v128.store(masks, left);
  split(masks, 0, ones);
  split(masks, 1, twos);
  if (most >= 4) split(masks, 2, fours);
  if (most >= 8) split(masks, 3, eights);
  if (most >= 16) split(masks, 4, sixteens);

  const shareWidth: usize = load<u32>(SHARE_WIDTH);
  const insideShare: usize = <usize>load<u32>(SHARES) + ((outside * shareWidth) << 3);
  const outsideShare = insideShare + ((shareWidth * shareWidth) << 3);
  let loses: f64 = 0;
  let kept: usize = 0;
  for (let a: usize = 0; a <= most; a++) {
    const rowsOfCount = v128.load(masks + (a << 4));
    loses += load<f64>(outsideShare + (a << 3)) * count(rowsOfCount);
    store<f64>(held + (kept << 3), load<f64>(insideShare + (a << 3)));
    v128.store(masks + (kept << 4), rowsOfCount);
    kept += <usize>(v128.any_true(rowsOfCount) && a > 0);
  }
  const places: usize = load<u32>(leaf, 16);
  const values: usize = load<u32>(leaf, 20);
  const targets: usize = load<u32>(leaf, 24);
  const cells: usize = load<u32>(leaf, 28);
  for (let i: usize = 0; i < most; i++) {
    const lacking = v128.load(lacks + (i << 4));
    let gain: f64 = 0;
    for (let k: usize = 0; k < kept; k++)
      gain += load<f64>(held + (k << 3)) * count(v128.and(lacking, v128.load(masks + (k << 4))));
    const player: usize = load<u32>(inside + (i << 2));
    const place = out + <usize>load<u32>(places + (player << 2)) * rows;
    for (let t: usize = 0; t < targets; t++) {
      const cell = place + <usize>load<u32>(cells + (t << 2)) * rows;
      store<f64>(cell, load<f64>(cell) + gain * load<f64>(values + (t << 3)));
    }
  }
  for (let bits = fails; bits != 0; bits &= bits - 1) {
    const place = out + <usize>load<u32>(places + ((<usize>ctz(bits)) << 2)) * rows;
    for (let t: usize = 0; t < targets; t++) {
      const cell = place + <usize>load<u32>(cells + (t << 2)) * rows;
      store<f64>(cell, load<f64>(cell) + loses * load<f64>(values + (t << 3)));
    }
  }
}

// @ts-ignore: decorator
@inline
function split(masks: usize, digit: usize, ones: v128): void {
  const size: usize = 16 << digit;
  for (let at = masks, end = masks + size; at < end; at += 16) {
    const rows = v128.load(at);
    v128.store(at, v128.andnot(rows, ones));
    v128.store(at + size, v128.and(rows, ones));
  }
}

/** All rows weigh the same, so that counting is enough: a bit plane holds one digit of every row's count. */
function byCounts(left: v128, lacks: usize, step: usize, most: usize, gains: usize, insideShare: usize, outsideShare: usize): f64 {
  let ones = i16x8.splat(0);
  let twos = ones;
  let fours = ones;
  let eights = ones;
  let sixteens = ones;
  let at = lacks;
  for (let i: usize = 0; i < most; i++, at += step) {
    const lacking = v128.load(at);
    let carry = v128.and(ones, lacking);
    ones = v128.xor(ones, lacking);
    let next = v128.and(twos, carry);
    twos = v128.xor(twos, carry);
    carry = v128.and(fours, next);
    fours = v128.xor(fours, next);
    next = v128.and(eights, carry);
    eights = v128.xor(eights, carry);
    sixteens = v128.xor(sixteens, next);
  }
  let loses: f64 = 0;
  for (let a: usize = 0; a <= most; a++) {
    let rows = left;
    rows = (a & 1) != 0 ? v128.and(rows, ones) : v128.andnot(rows, ones);
    rows = (a & 2) != 0 ? v128.and(rows, twos) : v128.andnot(rows, twos);
    rows = (a & 4) != 0 ? v128.and(rows, fours) : v128.andnot(rows, fours);
    rows = (a & 8) != 0 ? v128.and(rows, eights) : v128.andnot(rows, eights);
    rows = (a & 16) != 0 ? v128.and(rows, sixteens) : v128.andnot(rows, sixteens);
    if (!v128.any_true(rows)) continue;
    loses += load<f64>(outsideShare + (a << 3)) * count(rows);
    const share = load<f64>(insideShare + (a << 3));
    at = lacks;
    for (let i: usize = 0; a > 0 && i < most; i++, at += step) {
      const gain = gains + (i << 3);
      store<f64>(gain, load<f64>(gain) + share * count(v128.and(rows, v128.load(at))));
    }
  }
  return loses;
}

function byRows(left: v128, lacks: usize, step: usize, most: usize, gains: usize, insideShare: usize, outsideShare: usize, first: usize): f64 {
  const weights: usize = <usize>load<u32>(WEIGHTS) + (first << 3);
  let loses: f64 = 0;
  for (let half: usize = 0; half < 2; half++) {
    let bits: u64 = half == 0 ? v128.extract_lane<u64>(left, 0) : v128.extract_lane<u64>(left, 1);
    for (; bits != 0; bits &= bits - 1) {
      const shift = <u64>ctz(bits);
      const weight = load<f64>(weights + (((half << 6) + <usize>shift) << 3));
      const from = lacks + (half << 3);
      let a: usize = 0;
      for (let i: usize = 0; i < most; i++) a += <usize>((load<u64>(from + i * step) >> shift) & 1);
      loses += weight * load<f64>(outsideShare + (a << 3));
      const share = weight * load<f64>(insideShare + (a << 3));
      for (let i: usize = 0; i < most; i++) {
        const gain = gains + (i << 3);
        store<f64>(gain, load<f64>(gain) + share * <f64>(<u32>((load<u64>(from + i * step) >> shift) & 1)));
      }
    }
  }
  return loses;
}

// @ts-ignore: decorator
@inline
function count(bits: v128): f64 {
  return <f64>(<u32>(popcnt(v128.extract_lane<u64>(bits, 0)) + popcnt(v128.extract_lane<u64>(bits, 1))));
}

function give(
  leaf: usize,
  most: usize,
  inside: usize,
  gains: usize,
  players: usize,
  failed: usize,
  stamp: u32,
  loses: f64,
  rows: usize,
  out: usize,
): void {
  const places: usize = load<u32>(leaf, 16);
  const values: usize = load<u32>(leaf, 20);
  const targets: usize = load<u32>(leaf, 24);
  const cells: usize = load<u32>(leaf, 28);
  for (let t: usize = 0; t < targets; t++) {
    const value = load<f64>(values + (t << 3));
    const from = out + <usize>load<u32>(cells + (t << 2)) * rows;
    for (let i: usize = 0; i < most; i++) {
      const player: usize = load<u32>(inside + (i << 2));
      const cell: usize = from + <usize>load<u32>(places + (player << 2)) * rows;
      store<f64>(cell, load<f64>(cell) + load<f64>(gains + (i << 3)) * value);
    }
    for (let player: usize = 0; player < players; player++) {
      if (load<u32>(failed + (player << 2)) != stamp) continue;
      const cell: usize = from + <usize>load<u32>(places + (player << 2)) * rows;
      store<f64>(cell, load<f64>(cell) + loses * value);
    }
  }
}
