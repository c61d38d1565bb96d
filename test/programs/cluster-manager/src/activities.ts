export async function assignNodesToJob(nodes: string[], job: string): Promise<void> {
  console.log(`assign ${nodes} to ${job}`);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
export async function unassignNodesForJob(_nodes: string[], _job: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
export async function findBadNodes(_nodes: string[]): Promise<string[]> {
  return [];
}
