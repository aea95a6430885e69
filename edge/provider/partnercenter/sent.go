package partnercenter

import (
	"strconv"
	"sync"
)

// sentOrders remembers the carts of the orders that were sent from here, and how
// often the making of each was answered with a no.
type sentOrders struct {
	sync.Mutex
	of map[string]sentOrder
}

type sentOrder struct {
	cart  string
	asked int
}

func (s *sentOrders) cart(reference string) string {
	s.Lock()
	defer s.Unlock()
	return s.of[reference].cart
}

func (s *sentOrders) keep(reference, cart string) {
	if reference == "" {
		return
	}
	s.Lock()
	defer s.Unlock()
	sent := s.of[reference]
	sent.cart = cart
	s.of[reference] = sent
}

// ids are the request ids of a reference's cart. They are the same after a
// restart, so that Microsoft gives the cart that it has made; after a no, which
// must be told to answered, others follow.
func (s *sentOrders) ids(reference string) (ids func(int) string, answered func(no bool)) {
	if reference == "" {
		return nil, func(bool) {}
	}
	s.Lock()
	defer s.Unlock()
	from, used := s.of[reference].asked, 0
	ids = func(n int) string {
		used = n
		return derivedID(reference, "cart", strconv.Itoa(from+n))
	}
	return ids, func(no bool) {
		if no {
			used++
		}
		s.Lock()
		defer s.Unlock()
		sent := s.of[reference]
		sent.asked = from + used
		s.of[reference] = sent
	}
}
