package standin_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Many check the same cart out at once while the clock moves: it is ordered once.
func TestManyAtOnceOrderACartOnce(t *testing.T) {
	s := open(t)
	customer := s.customer()
	base := "/v1/customers/" + customer
	cart := s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{s.line(suite, 3, "P1Y", "monthly")}}).want(http.StatusCreated).str("id")
	var all sync.WaitGroup
	answers := make([]string, 8)
	for i := range answers {
		all.Go(func() {
			id := "11111111-1111-4111-8111-00000000000" + strconv.Itoa(i)
			r, err := s.try(http.MethodPost, base+"/carts/"+cart+"/checkout", "application/json", "", "Authorization", "Bearer "+s.token, "MS-RequestId", id)
			if err != nil || r.status != http.StatusCreated {
				t.Errorf("%v: %d %s", err, r.status, r.text)
			}
			answers[i] = r.str("orders.0.id")
		})
	}
	all.Go(func() {
		if err := s.world.Advance(start.Add(time.Minute)); err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	for _, id := range answers {
		if id == "" || id != answers[0] {
			t.Errorf("got orders %v", answers)
			break
		}
	}
	s.get(base+"/subscriptions").is("totalCount", "1")
	s.get(base+"/orders").is("totalCount", "1")
}
