#include "program/verdict/predictions.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "core/base/atomic_file.hpp"
#include "program/experiments/catalog.hpp"
#include "program/experiments/driver.hpp"
#include "tests/temporary_folder.hpp"

namespace {

using namespace digon;

}  // namespace

TEST_CASE("the literature as data: every claim is whole, cited, and measured by an experiment there is") {
  const std::string references = read_file(DIGON_PAPER_REFS "/references.bib");
  std::set<std::string> ids;
  std::set<std::string> experiments;
  for (const Experiment& experiment : catalog()) experiments.insert(experiment.id);
  CHECK(predictions().size() >= 60);
  for (const Prediction& prediction : predictions()) {
    CAPTURE(prediction.id);
    CHECK(ids.insert(prediction.id).second);
    CHECK(references.find("{" + prediction.citation + ",") != std::string::npos);
    CHECK(experiments.count(prediction.experiment) == 1);
    CHECK(prediction.claim.size() > 10);
    CHECK(!prediction.where.empty());
    CHECK(!prediction.quantity.empty());
    CHECK(!prediction.why.empty());
    CHECK(!prediction.expected.empty());
    if (!prediction.name) CHECK((std::isfinite(prediction.least) || std::isfinite(prediction.greatest)));
    CHECK(prediction.least <= prediction.greatest);
  }
}

TEST_CASE("a measurement passes inside its range alone") {
  CHECK(judge("theory/polygon/5/norm", 1.170460).pass);
  CHECK_FALSE(judge("theory/polygon/5/norm", 1.17047).pass);
  CHECK_FALSE(judge("theory/polygon/5/norm", std::nan("")).pass);
  CHECK(judge("adversarial/growth", 3.0).pass);
  CHECK_FALSE(judge("adversarial/growth", 2.9).pass);
  CHECK(judge("intro/sparse", "pentagon").pass);
  CHECK_FALSE(judge("intro/sparse", "other").pass);
  CHECK(judge("intro/sparse", "pentagon").source == "elhage2022, §1");
  CHECK_THROWS_AS(judge("intro/sparse", 5.0), std::logic_error);
  CHECK_THROWS_AS(judge("adversarial/growth", "much"), std::logic_error);
  CHECK_THROWS_AS(judge("no/such/claim", 1.0), std::logic_error);
}

TEST_CASE("every prediction of the theory is measured, and holds") {
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  const std::vector<Check> checks =
      reproduce(*catalog_of(Suite::theory).front(), {folder.path(), Preset::quick, 0, 1, store});
  CHECK(checks.size() >= 60);
  for (const Check& check : checks) {
    CAPTURE(check.id, check.expected, check.measured);
    CHECK(check.pass);
  }
}
