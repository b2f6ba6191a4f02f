#include "core/model/feature_distribution.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/model/feature_description.hpp"

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

TEST_CASE("a law of values by its name and back") {
  using digon::ActiveValue;
  const auto parse = [](const char* text) { return digon::parse_active_value("--values", text); };
  CHECK(parse("uniform") == ActiveValue{0.0, 1.0});
  CHECK(parse("signed") == ActiveValue{-1.0, 1.0});
  CHECK(parse("binary") == ActiveValue{1.0, 1.0});
  CHECK(parse("uniform:-0.5:2") == ActiveValue{-0.5, 2.0});
  CHECK(parse("constant:-2.5") == ActiveValue{-2.5, -2.5});
  CHECK(parse("uniform:0:1") == ActiveValue::uniform);
  for (const ActiveValue& values : {ActiveValue{0.0, 1.0}, ActiveValue{-1.0, 1.0}, ActiveValue{1.0, 1.0},
                                    ActiveValue{0.1, 0.3}, ActiveValue{3.0, 3.0}}) {
    CHECK(digon::parse_active_value("--values", digon::name_of(values)) == values);
  }
  const char* wrong =
      GENERATE("", "normal", "uniform:1:1", "uniform:2:1", "uniform:0", "uniform:0:1:2", "uniform:a:1",
               "constant:0", "constant", "uniform:nan:1", "uniform:0:1e300", "constant:inf", "uniform:");
  CAPTURE(wrong);
  CHECK_THROWS_WITH(parse(wrong), Catch::StartsWith("--values: '" + std::string(wrong) + "'") &&
                                      Catch::Contains("accepted: uniform, signed, binary, uniform:LO:HI"));
}

TEST_CASE("the whole law as JSON and back") {
  digon::FeatureDistribution features = digon::uniform_features(4, 0.25);
  features.values = {0.5, 1.5};
  features.sets = digon::parse_sets("--correlated", "0,1/2,3:0.3", digon::SetRelation::correlated, 4);
  CHECK(features.sets[1].correlation == 0.3);
  const auto back = digon::features_from_json(digon::to_json(features), "file");
  CHECK(back.values == features.values);
  REQUIRE(back.sets.size() == 2);
  CHECK(back.sets[0].correlation == 0.3);
  CHECK(back.sets[1].members == features.sets[1].members);
  CHECK(digon::describe_law(back) == "uniform [0.5, 1.5], 2 correlated sets of correlation 0.3");
  const auto active = digon::with_active(digon::uniform_features(4, 0.0), 2);
  CHECK(digon::features_from_json(digon::to_json(active), "file").active == 2);
  CHECK(digon::describe_law(active) == "uniform [0, 1], exactly 2 active");
  for (const char* wrong : {"2:1.5", "2:-0.1", "2:", "2:x", "0,1:nan"}) {
    CHECK_THROWS_WITH(digon::parse_sets("--correlated", wrong, digon::SetRelation::correlated, 4),
                      Catch::Contains("a correlation RHO from 0 to 1"));
  }
  CHECK_THROWS_AS(digon::parse_sets("--anticorrelated", "2:0.5", digon::SetRelation::anticorrelated, 4),
                  InputError);
}
