package gather

// Waiting counts those who wait for a lot.
func Waiting[T any](g *Gatherer[T]) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}
