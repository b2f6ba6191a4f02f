#include "core/model/feature_distribution.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "core/base/input_error.hpp"

using digon::InputError;

TEST_CASE("an importance is a constant, a power or a list") {
  CHECK(digon::parse_importance("--importance", "2", 3) == Eigen::Vector3d(2, 2, 2));
  CHECK(digon::parse_importance("--importance", "0.5^i", 3) == Eigen::Vector3d(1, 0.5, 0.25));
  CHECK(digon::parse_importance("--importance", "3,0,0.5", 3) == Eigen::Vector3d(3, 0, 0.5));
}

TEST_CASE("a wrong profile names the option, what was given and what is accepted") {
  const char* text = GENERATE("", "abc", "1,2", "1,2,3,4", "0.9^j", "nan", "inf", "1,,2", "1;2;3", "1e999",
                              " 1", "-1", "1,-2,3", "-0.5^i", "1e300^i", "1 2 3");
  CAPTURE(text);
  CHECK_THROWS_AS(digon::parse_importance("--importance", text, 3), InputError);
  CHECK_THROWS_WITH(
      digon::parse_importance("--importance", text, 3),
      Catch::StartsWith("--importance: '" + std::string(text) + "'") && Catch::Contains("accepted"));
}

TEST_CASE("a probability stays within 0 and 1") {
  CHECK(digon::parse_probability("--density", "0,1,0.5", 3) == Eigen::Vector3d(0, 1, 0.5));
  CHECK_THROWS_AS(digon::parse_probability("--density", "1.0000001", 3), InputError);
  CHECK_THROWS_AS(digon::parse_probability("--density", "-1e-9", 3), InputError);
}

TEST_CASE("a distribution must be whole") {
  CHECK_NOTHROW(digon::validate(digon::uniform_features(1, 0.0)));
  CHECK_THROWS_AS(digon::validate(digon::uniform_features(0, 0.5)), InputError);
  auto features = digon::uniform_features(3, 0.5);
  features.importance[1] = -1.0;
  CHECK_THROWS_WITH(digon::validate(features), Catch::Contains("importance: feature 1"));
  features.importance[1] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(digon::validate(features), InputError);
  features = digon::uniform_features(3, 0.5);
  features.density[2] = 1.5;
  CHECK_THROWS_WITH(digon::validate(features), Catch::Contains("density: feature 2 has 1.5"));
  features = digon::uniform_features(3, 0.5);
  features.importance.conservativeResize(2);
  CHECK_THROWS_AS(digon::validate(features), InputError);
}
