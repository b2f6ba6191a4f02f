#include "program/verdict/predictions.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "core/base/atomic_file.hpp"
#include "program/experiments/catalog.hpp"
#include "program/report/report_page.hpp"

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
    CHECK(!prediction.null.empty());
    if (!prediction.differs.empty()) CHECK(prediction.source == Source::paper);
    CHECK(!prediction.expected.empty());
    if (!prediction.name) CHECK((std::isfinite(prediction.least) || std::isfinite(prediction.greatest)));
    CHECK(prediction.least <= prediction.greatest);
  }
}

TEST_CASE("a measurement passes inside its range alone") {
  const auto holds = [](const std::string& id, const Measured& measured) {
    return judge(id, measured, measured).holds;
  };
  CHECK(holds("theory/polygon/5/norm", 1.170460));
  CHECK_FALSE(holds("theory/polygon/5/norm", 1.17047));
  CHECK_FALSE(holds("theory/polygon/5/norm", std::nan("")));
  CHECK(holds("adversarial/growth", 3.0));
  CHECK_FALSE(holds("adversarial/growth", 2.9));
  CHECK(holds("intro/sparse", "pentagon"));
  CHECK_FALSE(holds("intro/sparse", "other"));
  CHECK_THROWS_AS(judge("intro/sparse", 5.0, "digon"), std::logic_error);
  CHECK_THROWS_AS(judge("intro/sparse", "pentagon", 5.0), std::logic_error);
  CHECK_THROWS_AS(judge("adversarial/growth", "much", 1.0), std::logic_error);
  CHECK_THROWS_AS(judge("no/such/claim", 1.0, 2.0), std::logic_error);
}

TEST_CASE("a check passes where it holds and its null does not") {
  const Check sound = judge("intro/sparse", "pentagon", "2 dedicated");
  CHECK(sound.pass());
  CHECK(verdict_of(sound) == "pass");
  CHECK(sound.source == Source::paper);
  CHECK(sound.where == "elhage2022, §1");
  CHECK(sound.null.what == "the middle model");
  CHECK(sound.null.measured == "2 dedicated");
  const Check blind = judge("intro/sparse", "pentagon", "pentagon");
  CHECK_FALSE(blind.pass());
  CHECK(verdict_of(blind) == "FAIL: its null is not told apart");
  const Check wrong = judge("intro/sparse", "2 dedicated", "pentagon");
  CHECK_FALSE(wrong.pass());
  CHECK(verdict_of(wrong) == "FAIL");
  CHECK(all_pass({sound}));
  CHECK_FALSE(all_pass({sound, blind}));
  CHECK(summary_of({sound, blind}) ==
        "1 of 2 checks pass: 1 of 2 of source paper. Theory and measurement DISAGREE.");
}

TEST_CASE("what Digon does not bear out of the paper passes only while it is not borne out") {
  const std::string id = "theory/optimum/nonuniform/crossover-of-the-paper";
  const Check differs = judge(id, 0.26435, 0.4);
  CHECK(differs.pass());
  CHECK(verdict_of(differs) == "differs");
  CHECK(summary_of({differs}).find("Not borne out: The pentagon gives way") != std::string::npos);
  CHECK_FALSE(judge(id, 0.4, 0.26435).pass());
  CHECK_FALSE(judge(id, 0.26435, 0.2).pass());
}

TEST_CASE("what was published has an outcome while Digon's own statement is met") {
  const std::string id = "published-cells/dropped";
  const Check met = judge(id, 0.85, 1.0);
  CHECK(met.pass());
  CHECK(met.published == "0.90 to 0.94, measured");
  CHECK(verdict_of(met) == "confirmed");
  CHECK(summary_of({met}).find("\nconfirmed: A feature that is left out") != std::string::npos);
  CHECK_FALSE(judge(id, 0.92, 1.0).pass());
  for (const Prediction& prediction : predictions())
    CHECK(prediction.outcome.empty() == (prediction.source != Source::published));
}

TEST_CASE("the parts of a section of a report stand under it, and it counts their checks") {
  Check right;
  right.id = "a/x";
  right.holds = true;
  Check wrong = right;
  wrong.holds = false;
  wrong.null.accepted = true;
  const auto times = [](const std::string& html, const std::string& words) {
    std::size_t count = 0;
    for (std::size_t at = html.find(words); at != html.npos; at = html.find(words, at + 1)) ++count;
    return count;
  };
  Report report{"A page", "", {{"alone", "", "", {}, {}, {right}}}};
  CHECK(times(to_html(report), "<nav") == 1);  // null: nothing has parts
  CHECK(times(to_html(report), "<h3") == 0);
  report.sections.push_back(
      {"all", "", "", {}, {}, {}, {{"a", "", "", {}, {}, {right}}, {"b", "", "", {}, {}, {wrong}}}});
  const std::string html = to_html(report);
  CHECK(times(html, "<nav") == 2);
  CHECK(times(html, "<h2") == 2);
  CHECK(times(html, "<h3") == 2);
  CHECK(times(html, "<a href=\"#part-all\">all</a> <span class=\"fail\">✗ 1 of 2</span>") == 1);
  CHECK(times(html, "All 3 checks") == 1);
}
