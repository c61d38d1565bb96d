/** The world: here, a plain with a lake, and opponents who are all alike. */

export async function terrainAt({ x, y }: { x: number; y: number }): Promise<'grass' | 'water'> {
  return x >= 100 && y >= 100 ? 'water' : 'grass';
}

export async function fight(opponent: string, swords: number): Promise<{ damage: number; loot: string }> {
  return { damage: swords > 0 ? 1 : 10, loot: opponent === 'dragon' ? 'treasure' : 'gold' };
}
