#include "core/base/interrupt.hpp"

#include <catch2/catch.hpp>

TEST_CASE("what is given up throws from then on, until the interruption is cleared") {
  digon::throw_if_given_up();
  digon::give_up_in(1000.0);
  digon::throw_if_given_up();
  digon::give_up_in(0.0);
  CHECK_THROWS_AS(digon::throw_if_given_up(), digon::Interrupted);
  CHECK_FALSE(digon::interrupted());
  digon::request_interrupt();
  CHECK_THROWS_AS(digon::throw_if_interrupted(), digon::Interrupted);
  digon::clear_interrupt();
  digon::throw_if_given_up();
  digon::throw_if_interrupted();
}
