"""What somebody writes for a model of their own."""

from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier


class DeepAda(ClassifierMixin, BaseEstimator):
    def __init__(self, depth=1, n_estimators=50, random_state=None):
        self.depth, self.n_estimators, self.random_state = depth, n_estimators, random_state

    def fit(self, X, y):
        tree = DecisionTreeClassifier(max_depth=self.depth)
        model = AdaBoostClassifier(tree, n_estimators=self.n_estimators, random_state=self.random_state)
        self.model_ = model.fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        return self.model_.predict_proba(X)
