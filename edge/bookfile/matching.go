package bookfile

import "slices"

// apart is the cost of two things that are not to be paired.
const apart = 1 << 20

// pair matches n wanted things to m given ones so that as many as possible cost
// nothing. What is left is paired by the lowest cost, to show the nearest miss,
// and what is left then has no counterpart.
func pair(n, m int, cost func(i, j int) int) (pairs [][2]int, missing, left []int) {
	costs := make([][]int, n)
	fits := make([][]int, n)
	for i := range costs {
		costs[i] = make([]int, m)
		for j := range m {
			if costs[i][j] = cost(i, j); costs[i][j] == 0 {
				fits[i] = append(fits[i], j)
			}
		}
	}
	of := matching(fits, m)
	taken := make([]bool, m)
	for i, j := range of {
		if j >= 0 {
			taken[j] = true
			pairs = append(pairs, [2]int{i, j})
		}
	}
	var misses [][3]int
	for i, j := range of {
		for k := 0; j < 0 && k < m; k++ {
			if !taken[k] && costs[i][k] < apart {
				misses = append(misses, [3]int{costs[i][k], i, k})
			}
		}
	}
	slices.SortFunc(misses, func(a, b [3]int) int { return slices.Compare(a[:], b[:]) })
	for _, miss := range misses {
		if i, j := miss[1], miss[2]; of[i] < 0 && !taken[j] {
			of[i], taken[j] = j, true
			pairs = append(pairs, [2]int{i, j})
		}
	}
	for i, j := range of {
		if j < 0 {
			missing = append(missing, i)
		}
	}
	for j := range taken {
		if !taken[j] {
			left = append(left, j)
		}
	}
	return pairs, missing, left
}

// matching is a largest matching of a bipartite graph by augmenting paths:
// fits[i] are those that i may have, the answer is what each i gets, or -1.
func matching(fits [][]int, m int) []int {
	of := make([]int, len(fits))
	by := slices.Repeat([]int{-1}, m)
	for i := range of {
		of[i] = -1
	}
	for i := range fits {
		augment(fits, of, by, i)
	}
	return of
}

// augment finds by breadth a path from i to something free, and moves everyone
// on it by one.
func augment(fits [][]int, of, by []int, start int) {
	// from[j] is who reached j, or -1.
	from := slices.Repeat([]int{-1}, len(by))
	queue := []int{start}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, j := range fits[i] {
			if from[j] >= 0 {
				continue
			}
			from[j] = i
			if by[j] >= 0 {
				queue = append(queue, by[j])
				continue
			}
			for {
				i := from[j]
				j, of[i], by[j] = of[i], j, i
				if i == start {
					return
				}
			}
		}
	}
}
